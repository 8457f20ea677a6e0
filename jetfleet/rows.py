"""The rows of a run folder: one file of JSON lines a host, written while the run goes on."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FOLDER = "JETFLEET_RUN"
"""Environment variable with the run folder; without it nothing is written."""

PHASE = "JETFLEET_PHASE"
"""Environment variable with what a run of several is about: ``plan``, ``apply``, ``verify``."""


def append(host: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append rows to a host's file, each with the time (``at``, seconds since 1970) and the host.

    All of them come about by one write, so that who reads meanwhile sees whole lines.
    """
    folder = os.environ.get(FOLDER)
    if not folder:
        return
    about: dict[str, Any] = {"at": round(time.time(), 3), "host": host}
    if os.environ.get(PHASE):
        about["phase"] = os.environ[PHASE]
    path = Path(folder) / f"{host}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps({**about, **row}, ensure_ascii=False) + "\n" for row in rows)
    with path.open("a", encoding="utf-8") as lines:
        lines.write(text)


def read(folder: Path, host: str) -> Iterator[dict[str, Any]]:
    """Return a host's rows in order; a last line that is still being written is left out."""
    path = folder / f"{host}.jsonl"
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").split("\n")[:-1]:
        yield json.loads(line)


def hosts(folder: Path) -> list[str]:
    """Return the names of the hosts that have rows."""
    return sorted(path.stem for path in folder.glob("*.jsonl"))
