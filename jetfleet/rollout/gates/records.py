"""Records of probes, kept on the workstation as baselines: a file each, by host."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from platformdirs import user_state_path
from pydantic import ValidationError

from jetfleet.atomic_write import atomic_write
from jetfleet.rollout.gates.probed import Record
from jetfleet.text import UnreadableJson, format_json, read_object

if TYPE_CHECKING:
    from pathlib import Path

MOST = 20
"""Most records of a service on a host that are kept."""

_BYTES = 4 << 20
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def default_folder() -> Path:
    """Return where they are unless a person says otherwise."""
    return user_state_path("jetfleet") / "probes"


def keep(folder: Path, record: Record) -> Path:
    """Write a record, remove the oldest beyond `MOST`, and return its file.

    Keep only what is good: of a board before its change, or of a wave that passed.

    Raises
    ------
    OSError
        It cannot be written; no other record is lost.

    """
    place = folder / _safe(record.host) / _safe(record.service)
    place.mkdir(parents=True, exist_ok=True)
    file = place / f"{_safe(record.at)}.json"
    atomic_write(file, format_json(record.plain) + "\n")
    for old in sorted(place.glob("*.json"))[:-MOST]:
        old.unlink(missing_ok=True)
    return file


def kept(folder: Path) -> tuple[Record, ...]:
    """Return all records of a folder, oldest first; a file that cannot be read does not count."""
    found = [record for file in folder.glob("*/*/*.json") if (record := _read(file)) is not None]
    return tuple(sorted(found, key=lambda one: one.at))


def _read(file: Path) -> Record | None:
    try:
        if file.stat().st_size > _BYTES:
            return None
        return Record.model_validate(read_object(file.read_bytes()))
    except (OSError, UnreadableJson, ValidationError):
        return None


def _safe(name: str) -> str:
    """Return a name of a file in the folder, whatever the text is."""
    return _UNSAFE.sub("-", name).lstrip(".")[:80] or "-"
