"""Check that the board is the Jetson of the spec; another board is never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.l4t import releases_of_jetpack
from jetfleet.resources import Board, Resources

if TYPE_CHECKING:
    from jetfleet.role.role_input import RoleInput


def desired(inputs: RoleInput) -> Resources:
    """Return the resource that every other one depends on: the board itself."""
    host, module = inputs.host, inputs.module
    # Where the spec names only the JetPack, each of its releases is the one that it names.
    same = () if host.l4t else tuple(one.l4t for one in releases_of_jetpack(host.jetpack))
    return [Board(inputs.l4t, module.soc_id, module.name, same, frozenset(host.waive))]
