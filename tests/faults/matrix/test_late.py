"""Faults while a service becomes ready, the board reboots, and the run is recorded."""

from __future__ import annotations

import pytest

from tests.faults.matrix.cell import Cell
from tests.faults.matrix.cells import in_phases
from tests.faults.matrix.conftest import Check
from tests.faults.matrix.judge import judge
from tests.faults.matrix.phase import READY, REBOOT, RECORD

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("cell", in_phases(READY, REBOOT, RECORD), ids=str)
def test_cell(outcome: Check, cell: Cell) -> None:
    judge(outcome(cell))
