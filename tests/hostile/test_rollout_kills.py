"""A controller that is killed at any moment: the next process goes on, and does nothing twice."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from jetfleet.rollout.exit_code import RolloutExit
from jetfleet.rollout.store import Store
from tests.support.rollouts import controller, rollout_of, simulated
from tests.support.simulated_boards import RealClock, SimulatedBoards

WAVES = (2, 10, 28)
AT_ONCE = 6
SECONDS = 0.08
"""Of an apply of a simulated board, at most."""


def boards(folder: Path) -> SimulatedBoards:
    return simulated(folder, clock=RealClock(), seconds=SECONDS)


def forked(work: Callable[[], int]) -> int:
    """Run `work` in a process of its own, and return its id."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = work()
        finally:
            os._exit(code)
    return child


def driven(folder: Path) -> int:
    return int(controller(folder, rollout_of(WAVES, at_once=AT_ONCE), boards(folder)).run())


def killed(folder: Path, chance: random.Random, most: int) -> tuple[int, int]:
    """Kill one controller after the other; return how many died, and how the last one ended."""
    died = 0
    while True:
        child = forked(lambda: driven(folder))
        if died < most:
            time.sleep(chance.uniform(0, 0.25))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            return died, os.waitstatus_to_exitcode(status)
        died += 1


def check(folder: Path) -> None:
    truth, rollout = boards(folder), rollout_of(WAVES, at_once=AT_ONCE)
    changed = Counter(row.host for row in truth.changes())
    assert changed == Counter([*rollout.hosts]), "a board was changed twice, or not at all"
    for site in rollout.sites:
        assert truth.most_at_once(site) <= AT_ONCE
    assert all(one.over for one in Store(folder / "rollouts.sqlite").rollouts())


def rounds(folder: Path, kills: int, seed: int) -> None:
    chance, died, number = random.Random(seed), 0, 0  # noqa: S311 - a test that can be repeated
    while died < kills:
        number += 1
        (at := folder / str(number)).mkdir()
        count, code = killed(at, chance, min(10, kills - died))
        assert code == RolloutExit.DONE
        check(at)
        died += count


def test_a_killed_controller_is_taken_up_by_the_next(tmp_path: Path) -> None:
    rounds(tmp_path, 20, seed=1)


@pytest.mark.campaign
def test_a_hundred_kills_change_no_board_twice(tmp_path: Path) -> None:
    rounds(tmp_path, 100, seed=2)


def test_a_board_that_is_changed_twice_would_be_seen(tmp_path: Path) -> None:
    """The check can fail."""
    truth = boards(tmp_path)
    once = controller(tmp_path, rollout_of(WAVES, at_once=AT_ONCE), truth)
    assert once.run() is RolloutExit.DONE
    row = next(truth.changes())
    truth._write([row])
    with pytest.raises(AssertionError, match="changed twice"):
        check(tmp_path)
