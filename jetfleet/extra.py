"""The one way from this package to virtual Jetsons: entry points of another distribution.

`jetfleet-twins` (the extra ``jetfleet[twins]``) registers what it brings; nothing here imports it.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

TWINS = "jetfleet.twins"
"""The group of entry points: ``command`` is a typer app, ``findings`` a function of the doctor."""

INSTALL = "install `jetfleet[twins]`, from the folder with the wheels of both (docs/twins.md)"


def twins_entry(name: str) -> Any | None:  # noqa: ANN401 - each caller knows the type of its name
    """Return what the extra registers under a name, or None if it is not installed."""
    for found in entry_points(group=TWINS, name=name):
        return found.load()
    return None
