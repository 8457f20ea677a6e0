"""Check that the board is the Jetson of the spec, and set up its system.

A board that is not the one of the spec is never changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.l4t import releases_of_jetpack
from jetfleet.catalog.system import headless_units
from jetfleet.resources import Board, Desktop, Resources, UnitOff

if TYPE_CHECKING:
    from jetfleet.role.role_input import RoleInput


def desired(inputs: RoleInput) -> Resources:
    """Return the board itself, on which every other resource depends, and its system."""
    host, module = inputs.host, inputs.module
    # Where the spec names only the JetPack, each of its releases is the one that it names.
    same = () if host.l4t else tuple(one.l4t for one in releases_of_jetpack(host.jetpack))
    board = Board(inputs.l4t, module.soc_id, module.name, same, frozenset(host.waive))
    return [board] if host.adopted is not None else [board, *_system(inputs)]


def _system(inputs: RoleInput) -> Resources:
    host = inputs.host
    wanted: Resources = []
    if host.desktop is not None:
        wanted.append(Desktop(on=host.desktop == "on"))
    if host.headless:
        wanted += [UnitOff(name) for name in headless_units()]
    return wanted
