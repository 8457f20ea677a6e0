"""Where the events of a run are: one file of JSON lines for each host."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def event_file(folder: Path, host: str) -> Path:
    """Return the path of a host's events in a run folder."""
    return folder / f"{host}.jsonl"


def audit_file(folder: Path, host: str) -> Path:
    """Return the path of the audit log of a host's board that was read, in a run folder."""
    return folder / f"{host}.audit"


def hosts_in(folder: Path) -> list[str]:
    """Return the names of the hosts that have events."""
    return sorted(path.stem for path in folder.glob("*.jsonl"))
