"""Two runs that change one board: the second names the first, and never mixes with it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jetfleet.process import Process
from jetfleet.steps.lease import Holder
from tests.support.lab import until
from tests.support.loopback import Board, LoopbackFleet, loopback

APPLY = ("apply", "-y", "inventory/lab.yaml")
PYINFRA = ("-y", "inventory/lab.py", "deploys/llm.py")


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[LoopbackFleet]:
    """One board, on which two files are to be written."""
    with loopback(tmp_path, "one") as fleet:
        fleet.want(a="first\n", other="first\n")
        yield fleet
        fleet.boards["one"].goes_on.set()


@pytest.fixture
def board(fleet: LoopbackFleet) -> Board:
    return fleet.boards["one"]


def applying(
    fleet: LoopbackFleet, *arguments: str, run: str = "it", program: str = "jetfleet"
) -> subprocess.Popen[str]:
    """An apply that has changed the first file, and hangs before the second."""
    board = fleet.boards["one"]
    board.hangs = lambda title: "/other" in title
    started = fleet.start(*(arguments or APPLY), run=run, program=program)
    until(lambda: any("/other" in title for title in board.titles), "the second change", 30)
    board.hangs = lambda _: False
    return started


def states(fleet: LoopbackFleet, run: str) -> dict[str, Any]:
    result = json.loads((fleet.run(run) / "result.json").read_text(encoding="utf-8"))
    return {host["host"]: host for host in result["hosts"]}


def test_a_run_needs_no_command_of_its_own_for_the_lease(
    fleet: LoopbackFleet, board: Board
) -> None:
    assert fleet.call(*APPLY).status == 0
    # Of the plan and the apply: two surveys, and of each file its change, with its new survey.
    assert [title.rpartition(" -- ")[2].strip("'") for title in board.titles].count("survey") == 2
    assert len(board.titles) == 4, board.titles
    assert not board.is_leased
    # Nor for the audit log, which a run that changes nothing leaves alone.
    assert [line["did"].rpartition("/")[2] for line in board.audit] == ["a", "other"]
    assert fleet.call(*APPLY).status == 0
    assert (len(board.titles), len(board.audit)) == (5, 2)


def test_the_second_run_is_refused_and_names_the_first(fleet: LoopbackFleet) -> None:
    first = applying(fleet)
    second = fleet.call(*APPLY, run="second")
    first.kill()
    first.communicate(timeout=60)
    assert second.status == 3, second.out + second.err
    reason = states(fleet, "second")["one"]["reason"]
    assert "has been applying inventory/lab.yaml to this board for" in reason
    assert "(run it): wait until it has ended, or take the board over" in reason
    assert "@" in reason.partition(" has been")[0]


def test_pyinfra_alone_is_refused_too(fleet: LoopbackFleet) -> None:
    first = applying(fleet)
    alone = fleet.call(*PYINFRA, program="pyinfra")
    first.kill()
    first.communicate(timeout=60)
    assert alone.status == 1
    assert "has been applying inventory/lab.yaml" in alone.err


@pytest.mark.parametrize("command", ["plan", "status"])
def test_plan_and_status_name_who_changes_a_board(fleet: LoopbackFleet, command: str) -> None:
    first = applying(fleet)
    shown = fleet.call(command, "inventory/lab.yaml")
    first.kill()
    first.communicate(timeout=60)
    assert "has been applying inventory/lab.yaml to this board" in " ".join(shown.out.split())


def test_an_interrupted_run_ends_its_lease(fleet: LoopbackFleet, board: Board) -> None:
    first = applying(fleet)
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)
    assert not board.is_leased
    again = fleet.call(*APPLY)
    assert again.status == 0, again.out + again.err


def test_a_run_that_failed_ends_its_lease(fleet: LoopbackFleet, board: Board) -> None:
    (board.folder / "other").mkdir()
    (board.folder / "other/full").write_text("a folder that is not empty stays")
    assert fleet.call(*APPLY).status in {3, 4}
    assert board.text("a") == "first\n"
    assert not board.is_leased


def test_a_board_that_is_taken_over_is_left_alone(fleet: LoopbackFleet, board: Board) -> None:
    first = applying(fleet)
    fleet.want(a="second\n", other="second\n")
    second = fleet.call(*APPLY, "--take-over", run="second")
    assert second.status == 0, second.out + second.err
    board.goes_on.set()
    first.communicate(timeout=60)
    assert first.returncode == 4
    assert "changes nothing more on it; run again" in states(fleet, "it")["one"]["reason"]
    taken = board.audit[1]
    assert (taken["token"], taken["run"]) == (2, "second")
    assert re.fullmatch(r"lease 1 of \S+@\S+", taken["over"])
    assert [one.get("over") for one in board.audit[2:]] == [None] * len(board.audit[2:])
    assert (board.text("a"), board.text("other")) == ("second\n", "second\n")


def test_a_run_that_was_killed_here_blocks_nobody_here(fleet: LoopbackFleet, board: Board) -> None:
    first = applying(fleet, *PYINFRA, run="", program="pyinfra")
    first.kill()
    first.communicate()
    assert board.is_leased
    plan = fleet.call("plan", "inventory/lab.yaml")
    assert "was killed: the next apply continues" in " ".join(plan.out.split())
    again = fleet.call(*APPLY)
    assert again.status == 0, again.out + again.err
    assert board.text("other") == "first\n"


def test_a_run_of_another_workstation_blocks_until_its_lease_has_expired(
    fleet: LoopbackFleet, board: Board
) -> None:
    board.lease_to(Holder("ann@laptop", "lab.yaml", "7", Process(1, "2", "elsewhere")), 60)
    refused = fleet.call(*APPLY, run="second")
    assert refused.status == 3
    assert "ann@laptop has been applying" in states(fleet, "second")["one"]["reason"]
    renewed = board.folder / "run/jetfleet/lease"
    token, boot, until = renewed.read_text().split()
    renewed.write_text(f"{token} {boot} {int(until) - 61}\n")
    assert fleet.call(*APPLY).status == 0


WAITS = """

def _after(file):
    return (file.key.replace("one/b", "two/a"),) if file.key.endswith("one/b") else ()


File.after = property(_after)
"""


@pytest.mark.campaign
@pytest.mark.timeout(240)
def test_a_run_that_waits_for_another_board_keeps_its_lease(tmp_path: Path) -> None:
    with loopback(tmp_path, "one", "two") as fleet:
        fleet.want(a="first\n", b="second\n")
        # As a model waits for its seed: the second file of one waits for the first of two.
        role = fleet.scratch / "roles/notes.py"
        role.write_text(role.read_text(encoding="utf-8") + WAITS, encoding="utf-8")
        two = fleet.boards["two"]
        two.slow = lambda title: "two/a" in title
        started = fleet.start(*PYINFRA, program="pyinfra")
        until(lambda: any("two/a" in title for title in two.titles), "the change", 30)
        one = fleet.boards["one"]
        until(lambda: any("renew" in title for title in one.titles), "a renewal", 60)
        out, err = started.communicate(timeout=90)
        assert started.returncode == 0, out + err
