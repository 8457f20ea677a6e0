"""Faults while a run restarts Docker and pulls an image."""

from __future__ import annotations

import pytest

from tests.faults.matrix.cell import Cell
from tests.faults.matrix.cells import in_phases
from tests.faults.matrix.conftest import Check
from tests.faults.matrix.judge import judge
from tests.faults.matrix.phase import DOCKER, PULL

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(1800)]


@pytest.mark.parametrize("cell", in_phases(DOCKER, PULL), ids=str)
def test_cell(outcome: Check, cell: Cell) -> None:
    judge(outcome(cell))
