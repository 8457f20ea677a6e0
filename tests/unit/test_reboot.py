"""When a board may reboot, what holds its reboot back, and what a plan says of it."""

from __future__ import annotations

from typing import Any

import pytest

from jetfleet.converge import reboot as rebooting
from jetfleet.converge.executor import Executor
from jetfleet.resources import Rebooted, RunOptions
from jetfleet.resources.reboot import RebootState
from jetfleet.spec.reboot import may_reboot, remedy_of
from jetfleet.steps import Reboot, Result, StepFailed, Steps


@pytest.mark.parametrize(
    ("when", "hour", "by_spec", "by_run"),
    [
        (None, 3, "no", "yes"),
        ("never", 3, "no", "no"),
        ("if-needed", 3, "yes", "yes"),
        ("02:00-04:00", 3, "yes", "yes"),
        ("02:00-04:00", 4, "no", "yes"),
        ("22:00-04:00", 3, "yes", "yes"),
        ("22:00-04:00", 23, "yes", "yes"),
        ("22:00-04:00", 12, "no", "yes"),
    ],
)
def test_a_board_reboots_when_spec_or_run_allow_it(
    when: str | None, hour: int, by_spec: str, by_run: str
) -> None:
    assert may_reboot(when, 60 * hour, allowed=False) == (by_spec == "yes")
    assert may_reboot(when, 60 * hour, allowed=True) == (by_run == "yes")


class Board:
    """Answers the scripts of a reboot, and counts how often it was asked for one."""

    def __init__(self, *held: str) -> None:
        self.held = list(held)
        self.asked = 0
        self.boots = 0

    def run(self, script: str, title: str, seconds: int = 0) -> Result:
        del title, seconds
        if script != rebooting.REBOOT:
            return Result(ok=True, out=f"boot {self.boots}\n")
        self.asked += 1
        if self.held:
            return Result(ok=True, out=f"held: {self.held.pop(0)}\n")
        self.boots += 1
        return Result(ok=True)


def one() -> Steps:
    yield Reboot("Reboot")


def rebooted(board: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(rebooting, "PAUSE_SECONDS", 0)
    said: list[str] = []
    assert Executor(board, said.append).execute(one())
    return said


def test_a_reboot_waits_until_nothing_holds_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    held = "/run/jetfleet/hold is there: a demo\nthe benchmark jetfleet-bench-cosmos.service runs"
    board = Board(held, held, "/run/jetfleet/hold is there")
    said = rebooted(board, monkeypatch)
    assert (board.asked, board.boots) == (4, 1)
    why = "/run/jetfleet/hold is there: a demo and the benchmark jetfleet-bench-cosmos.service runs"
    assert said[1:] == [
        f"Reboot: waiting, because {why}",
        "Reboot: waiting, because /run/jetfleet/hold is there",
    ]


def test_a_board_that_is_held_for_too_long_is_not_rebooted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rebooting, "HELD_SECONDS", 0)
    board = Board(*["/run/jetfleet/hold is there"] * 9)
    with pytest.raises(StepFailed, match="because /run/jetfleet/hold is there: run again when"):
        rebooted(board, monkeypatch)
    assert board.boots == 0


class Turn:
    """Counts how often it is taken, and tells whether it is held."""

    def __init__(self) -> None:
        self.taken = 0
        self.held = False

    def __enter__(self) -> None:
        self.taken += 1
        self.held = True

    def __exit__(self, *_: object) -> None:
        self.held = False


def test_a_board_that_is_held_back_takes_no_turn_from_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rebooting, "PAUSE_SECONDS", 0)
    turn = Turn()
    board: Any = Board("/run/jetfleet/hold is there")
    said: list[tuple[str, bool]] = []
    executor = Executor(board, lambda line: said.append((line, turn.held)), reboots=turn)
    assert executor.execute(one())
    assert ("Reboot: waiting, because /run/jetfleet/hold is there", False) in said
    assert (turn.taken, board.boots) == (2, 1)


@pytest.mark.parametrize(
    ("shown", "seconds"),
    [
        ("a-boot-id\n", 600),
        ("a-boot-id\n0\n", 600),
        ("a-boot-id\n61000000\n", 600),
        ("a-boot-id\n200000000\n", 1000),
        ("a-boot-id\n999000000000\n", 1800),
        (f"a-boot-id\n{9**99}\n", 600),
        ("a-boot-id\n-1\n", 600),
        ("a-boot-id\nsoon\n", 600),
        ("", 600),
    ],
)
def test_the_wait_for_a_board_fits_its_last_boot(shown: str, seconds: int) -> None:
    assert rebooting.limit_of(shown, 600) == seconds


def test_the_wait_is_never_shorter_than_the_step_asks_for() -> None:
    assert rebooting.limit_of("a-boot-id\n200000000\n", 2400) == 2400


@pytest.mark.parametrize(
    ("when", "remedy"),
    [
        (None, "allow it with --data reboot=allow"),
        ("never", "the spec says `reboot: never`: reboot it yourself"),
        (
            "02:00-04:00",
            "allow it with --data reboot=allow, or apply in its window, 02:00-04:00",
        ),
    ],
)
def test_a_plan_says_how_a_board_gets_its_reboot(when: str | None, remedy: str) -> None:
    (change,) = Rebooted().compare(RebootState(required=True), RunOptions(reboot_remedy=remedy))
    assert remedy_of(when) == remedy
    assert change.sentence == f"the board needs a reboot ({remedy})"


@pytest.mark.parametrize(
    ("packages", "sentence"),
    [
        ((), "the board needs a reboot"),
        (("libc6",), "the board needs a reboot for libc6"),
        (tuple("abcde"), "the board needs a reboot for a, b, c and 2 more"),
    ],
)
def test_a_plan_says_what_a_reboot_is_for(packages: tuple[str, ...], sentence: str) -> None:
    state = RebootState(required=True, packages=packages)
    (change,) = Rebooted().compare(state, RunOptions(reboot=True))
    assert (change.sentence, change.waits_for) == (sentence, "")
    (change,) = Rebooted().compare(state, RunOptions())
    assert change.sentence == f"{sentence} (allow it with --data reboot=allow)"
    assert change.waits_for == "reboot"


def test_hostile_names_of_packages_are_text() -> None:
    text = "required\npackage \x1b[2Jx\npackage " + 500 * "y" + "\n"
    (state,) = Rebooted.read(text, [Rebooted()]).values()
    assert "\x1b" not in "".join(state.packages)
    assert max(map(len, state.packages)) <= 60
