"""A sample of all cells, for every run of the tests; the campaign has them in the other files."""

from __future__ import annotations

import pytest

from tests.faults.matrix.cell import Cell
from tests.faults.matrix.cells import SAMPLE
from tests.faults.matrix.conftest import Check
from tests.faults.matrix.judge import judge
from tests.support.lab import CAMPAIGN

pytestmark = [
    pytest.mark.skipif(CAMPAIGN, reason="the other files have these cells"),
    pytest.mark.timeout(900),
]


@pytest.mark.parametrize("cell", SAMPLE, ids=str)
def test_cell(outcome: Check, cell: Cell) -> None:
    judge(outcome(cell))
