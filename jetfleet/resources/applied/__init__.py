"""What applies have put on a board: its record, and the removal of what has left the spec."""

from __future__ import annotations

from jetfleet.resources.applied.applied import Applied
from jetfleet.resources.applied.gone import is_removable
from jetfleet.resources.applied.record import APPLIED, LARGEST, read_record
from jetfleet.resources.applied.removal import Removal
from jetfleet.resources.applied.state import RemovalState

__all__ = [
    "APPLIED",
    "LARGEST",
    "Applied",
    "Removal",
    "RemovalState",
    "is_removable",
    "read_record",
]
