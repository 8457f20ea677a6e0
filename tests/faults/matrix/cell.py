"""A cell of the matrix: a fault in a phase."""

from __future__ import annotations

from dataclasses import dataclass

from tests.faults.matrix.fault import Fault
from tests.faults.matrix.phase import Phase


@dataclass(frozen=True)
class Cell:
    """One fault in one phase; `kind` is the table that the fault is in."""

    kind: str
    fault: Fault
    phase: Phase

    def __str__(self) -> str:
        return f"{self.fault.name}-{self.phase.name}"
