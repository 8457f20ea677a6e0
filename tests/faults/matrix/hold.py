"""What must hold of each cell, and a finding that it does not."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Hold(Enum):
    """One promise; its value is how a record and the page name it."""

    CONVERGES = "wedged"
    KEEPS = "lost"
    IN_TIME = "slowed"
    SECRET = "leaked"  # noqa: S105 - a word of the record
    NAMED = "unnamed"


class Problem(NamedTuple):
    """A promise that a cell breaks, and how."""

    hold: Hold
    how: str

    def __str__(self) -> str:
        return f"{self.hold.value}: {self.how}"
