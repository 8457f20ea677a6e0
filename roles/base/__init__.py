"""The host is the Jetson that the spec says; nothing is changed on any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import Board, Resources

if TYPE_CHECKING:
    from jetfleet.role_input import RoleInput


def desired(inputs: RoleInput) -> Resources:
    """Return what must be true of the board before anything else."""
    return [Board(l4t=inputs.l4t, soc=inputs.module.soc_id)]
