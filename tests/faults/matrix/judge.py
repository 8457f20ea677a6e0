"""One cell as a test: all that must hold of it, and its line in the record of the campaign."""

from __future__ import annotations

from tests.faults.matrix.record import note
from tests.faults.matrix.round import Outcome


def judge(found: Outcome) -> None:
    """Fail with everything that does not hold of a cell."""
    note(str(found.cell), found.seconds, found.problems, missed=found.missed)
    assert not found.missed, f"the fault was made in no run: {found.notes}"
    assert not found.problems, "\n".join(map(str, found.problems))
