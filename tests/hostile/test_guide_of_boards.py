"""What the guide shows of boards that hang or are changed by another run, done as written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from jetfleet.process import Process
from jetfleet.steps import lease
from tests.support.guide import DOCS, follow
from tests.support.loopback import LoopbackFleet, loopback

PAGE = DOCS / "guide/trouble.md"
ANN = lease.Holder("ann@laptop", "inventory/lab.yaml", "7", Process(1, "2", "elsewhere"))


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[LoopbackFleet]:
    with loopback(tmp_path, "nano", "orin") as fleet:
        yield fleet


def done_as_written(fleet: LoopbackFleet, mark: str) -> int:
    """Give the commands of the page's blocks with a mark, and return how many there were."""
    environ = {"XDG_STATE_HOME": str(fleet.scratch / "state")}
    count = 0
    for block, command, wrong in follow(PAGE, fleet.scratch, mark, environ=environ):
        assert not wrong, f"{block}: {command}: {wrong}"
        count += 1
    return count


def test_a_board_that_hangs_is_given_up(fleet: LoopbackFleet) -> None:
    fleet.boards["orin"].slow_survey = 90
    assert done_as_written(fleet, "slow board") == 1


def test_a_board_that_another_run_changes_is_refused_or_taken_over(fleet: LoopbackFleet) -> None:
    board = fleet.boards["orin"]
    # The other run is alive: its lease lasts longer than the commands take.
    board.lease_to(ANN, 3600)
    assert done_as_written(fleet, "leased board") == 2
    assert board.text("a") == "first\n"
