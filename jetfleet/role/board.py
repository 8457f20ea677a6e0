"""The board that a host's spec describes: each role that changes a board wants it first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.l4t import releases_of_jetpack
from jetfleet.resources import Board

if TYPE_CHECKING:
    from jetfleet.role.role_input import RoleInput


def board_of(inputs: RoleInput) -> Board:
    """Return the board itself, on which every other resource depends."""
    host, module = inputs.host, inputs.module
    # Where the spec names only the JetPack, each of its releases is the one that it names.
    same = () if host.l4t else tuple(one.l4t for one in releases_of_jetpack(host.jetpack))
    upgrade = host.upgrade == "minor" and host.adopted is None
    waived = frozenset(host.waive)
    return Board(inputs.l4t, module.soc_id, module.name, same, waived, upgrade=upgrade)
