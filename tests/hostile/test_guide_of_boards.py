"""What the guide shows of a board that hangs, done as it is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.guide import DOCS, follow
from tests.support.loopback import LoopbackFleet, loopback

PAGE = DOCS / "guide/trouble.md"


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
