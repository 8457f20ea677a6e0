"""Changes of one role go to a board in one command, and each has its own outcome."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.loopback import Board, LoopbackFleet, loopback

APPLY = ("apply", "-y", "inventory/lab.yaml")


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[LoopbackFleet]:
    """One board, on which one role wants three files."""
    with loopback(tmp_path, "one") as fleet:
        fleet.want(a="first\n", b="second\n", c="third\n")
        yield fleet


@pytest.fixture
def board(fleet: LoopbackFleet) -> Board:
    return fleet.boards["one"]


def outcomes(fleet: LoopbackFleet, run: str) -> tuple[dict[str, str], dict[str, Any]]:
    result = json.loads((fleet.run(run) / "result.json").read_text(encoding="utf-8"))
    (host,) = result["hosts"]
    return {one["resource"].rpartition("/")[2]: one["outcome"] for one in host["done"]}, host


def test_three_files_of_a_role_need_one_command(fleet: LoopbackFleet, board: Board) -> None:
    done = fleet.call(*APPLY, run="it")
    assert done.status == 0, done.out + done.err
    surveys = [title for title in board.titles if "survey" in title]
    changes = [title for title in board.titles if title not in surveys]
    assert (len(surveys), len(changes)) == (2, 1), board.titles
    assert all(f"/{name}" in changes[0] for name in "abc")
    assert [board.text(name) for name in "abc"] == ["first\n", "second\n", "third\n"]
    assert outcomes(fleet, "it")[0] == dict.fromkeys("abc", "changed")
    assert not board.is_leased, "it has ended with the same command"


def test_one_that_fails_hides_nothing_of_the_others(fleet: LoopbackFleet, board: Board) -> None:
    (board.folder / "b").mkdir()
    (board.folder / "b/full").write_text("a folder that is not empty stays")
    assert fleet.call(*APPLY, run="it").status == 4
    found, host = outcomes(fleet, "it")
    assert found == {"a": "changed", "b": "failed"}
    assert f"Write {board.folder}/b: " in host["reason"]
    assert (board.text("a"), board.text("c")) == ("first\n", "")
    assert not board.is_leased
    (board.folder / "b/full").unlink()
    assert fleet.call(*APPLY, run="again").status == 0
    assert outcomes(fleet, "again")[0] == {"b": "changed", "c": "changed"}


def test_a_connection_that_is_lost_in_the_reading_ends_no_run(
    fleet: LoopbackFleet, board: Board
) -> None:
    board.cuts_reading = lambda title: "Write" in title
    done = fleet.call(*APPLY, run="it")
    assert done.status == 0, done.out + done.err
    assert outcomes(fleet, "it")[0] == dict.fromkeys("abc", "changed")
    assert board.was_cut
    assert sum("survey" in title for title in board.titles) == 3, "it was read again, once"
    assert sum("Write" in title for title in board.titles) == 1
