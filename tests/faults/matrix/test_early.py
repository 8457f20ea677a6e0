"""Faults while a run connects, reads the board and writes files."""

from __future__ import annotations

import pytest

from tests.faults.matrix.cell import Cell
from tests.faults.matrix.cells import in_phases
from tests.faults.matrix.conftest import Check
from tests.faults.matrix.judge import judge
from tests.faults.matrix.phase import CONNECT, SURVEY, WRITE

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("cell", in_phases(CONNECT, SURVEY, WRITE), ids=str)
def test_cell(outcome: Check, cell: Cell) -> None:
    judge(outcome(cell))
