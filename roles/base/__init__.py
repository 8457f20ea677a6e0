"""Check that the board is the Jetson of the spec; another board is never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import Board, Resources

if TYPE_CHECKING:
    from jetfleet.role.role_input import RoleInput


def desired(inputs: RoleInput) -> Resources:
    """Return the resource that every other one depends on: the board itself."""
    return [Board(l4t=inputs.l4t, soc=inputs.module.soc_id)]
