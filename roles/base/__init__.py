"""The host is the Jetson that the spec says; nothing is changed on any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import Board, Resources

if TYPE_CHECKING:
    from jetfleet.given import Given


def desired(given: Given) -> Resources:
    """Return what must be true of the board before anything else."""
    return [Board(l4t=given.l4t, soc=given.module.soc_id)]
