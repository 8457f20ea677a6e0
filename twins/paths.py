"""Folders of twins: one cache for all fleets, one state folder for each."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def cache_dir() -> Path:
    """Return the cache of what is built once: `$JETFLEET_CACHE`, or in the user's cache."""
    own = os.environ.get("JETFLEET_CACHE")
    return Path(own) if own else _base("XDG_CACHE_HOME", ".cache") / "jetfleet"


def state_dir(spec: Path) -> Path:
    """Return the folder that holds the state of this spec's fleet of twins.

    Two specs of one name in two folders have two fleets, so the folder's name has both the stem
    and a short hash of the whole path.
    """
    whole = spec.resolve()
    mark = hashlib.sha256(str(whole).encode()).hexdigest()[:8]
    own = os.environ.get("JETFLEET_TWIN_STATE")
    base = Path(own) if own else _base("XDG_STATE_HOME", ".local/state") / "jetfleet" / "twins"
    return base / f"{whole.stem}-{mark}"


def _base(variable: str, fallback: str) -> Path:
    value = os.environ.get(variable, "")
    return Path(value) if value.startswith("/") else Path.home() / fallback
