"""The places of all stand-in hubs: `PLACE` in the `place.py` of each folder."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twins.standins.hubs.place import Place

FOLDERS: tuple[str, ...] = tuple(
    sorted(path.parent.name for path in Path(__file__).parent.glob("*/place.py"))
)
"""The name of each hub's folder."""


def _place(folder: str) -> Place:
    found: Place = import_module(f"twins.standins.hubs.{folder}.place").PLACE
    return found


PLACES: Mapping[str, Place] = {folder: _place(folder) for folder in FOLDERS}
"""The place of each hub, by its folder."""

BY_HUB: Mapping[str, Place] = {place.hub: place for place in PLACES.values()}
"""The place of each hub, by its name in `models.yaml`."""
