"""Files of jetfleet that a run finds in another state than it left them."""

from __future__ import annotations

import pytest

from tests.faults.matrix.cell import Cell
from tests.faults.matrix.cells import of_kind
from tests.faults.matrix.conftest import Check
from tests.faults.matrix.judge import judge

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("cell", of_kind("state"), ids=str)
def test_cell(outcome: Check, cell: Cell) -> None:
    judge(outcome(cell))
