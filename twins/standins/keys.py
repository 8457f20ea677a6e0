"""The keys that the stand-in hubs of a fleet accept."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from twins.standins import files
from twins.standins.hubs.places import PLACES

if TYPE_CHECKING:
    from pathlib import Path

    from twins.standins.hubs.place import Key


def secrets_of(fleet_dir: Path) -> dict[str, str]:
    """Return the fleet's keys by the environment variables that real keys are in."""
    every = (key for place in PLACES.values() for key in place.keys)
    return {key.variable: kept(fleet_dir, key) for key in every if key.variable}


def kept(fleet_dir: Path, key: Key) -> str:
    """Return a key of the fleet, made once, kept in a 0600 file."""
    path = fleet_dir / "keys" / key.file
    with files.locked(path.parent / "lock"):
        if not path.is_file():
            files.write(path, f"{key.prefix}{secrets.token_urlsafe(48)}\n".encode(), 0o600)
    return path.read_text().strip()
