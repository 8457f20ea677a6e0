"""The job of ``jetfleet/board/remove.py``: what it removes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.resources.applied.gone import UNIT_FILES, Gone
from jetfleet.resources.applied.ours import is_our_file
from jetfleet.resources.applied.record import APPLIED
from jetfleet.resources.filesystem.filesystem import DEVICE_TIMEOUT
from jetfleet.resources.trust import FOLDER as CERTIFICATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.resources.applied.record import Entries


def job_of(found: Sequence[Gone], entries: Entries) -> dict[str, Any]:
    """Return the job that removes these; `entries` are those of the record."""
    units = [one for one in found if one.unit]
    readers = {unit for one in found for unit in one.read_by} - {one.unit for one in units}
    return {
        "units": [_unit(one, entries) for one in units],
        "services": [one.name for one in found if one.kind == "service"],
        "files": [_file(one.path, one.sha256, begun=one.begun) for one in found if one.path],
        "images": [
            [*([one.tag] if one.tag else []), one.name] for one in found if one.kind == "image"
        ],
        "mounts": [one.name for one in found if one.kind == "filesystem"],
        "option": DEVICE_TIMEOUT,
        "venvs": [one.name for one in found if one.kind == "venv"],
        "certificates": any(one.name.startswith(f"{CERTIFICATES}/") for one in found),
        "restart": sorted(readers),
        "reload": any(one.unit or one.name.startswith(f"{UNIT_FILES}/") for one in found),
        "record": APPLIED,
        "keys": [one.key for one in found],
    }


def _file(path: str, sha256: Sequence[str], *, begun: bool) -> dict[str, Any]:
    """Return a file as ``jetfleet/board/remove.py`` takes it."""
    marked = not is_our_file(path)
    return {"path": path, "sha256": list(sha256), "begun": begun, "marked": marked}


def _unit(one: Gone, entries: Entries) -> dict[str, Any]:
    """Return a unit with its file: by that the board tells whether jetfleet has written it."""
    path = f"{UNIT_FILES}/{one.unit}"
    known = entries.get(f"file:{path}", {}).get("sha256", ())
    return {"unit": one.unit, "file": _file(path, known, begun=one.begun)}
