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

from jetfleet.rollout.boards import Task
from jetfleet.rollout.exit_code import RolloutExit
from jetfleet.rollout.rollout import Rollout
from jetfleet.rollout.store import Store
from tests.support.rollouts import controller, rollout_of, simulated
from tests.support.simulated_boards import RealClock, SimulatedBoards, good

WAVES = (2, 10, 28)
AT_ONCE = 6
SECONDS = 0.08
"""Of an apply of a simulated board, at most."""


def rollout() -> Rollout:
    return rollout_of(WAVES, at_once=AT_ONCE, stage=True)


def bad_in_the_end(host: str, task: Task) -> str:
    return "not-verified" if task.wave == 2 and task.purpose == "apply" else good(host, task)


def boards(folder: Path, *, bad: bool = False) -> SimulatedBoards:
    fate = bad_in_the_end if bad else good
    return simulated(folder, clock=RealClock(), seconds=SECONDS, fate=fate)


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


def killed(folder: Path, chance: random.Random, most: int, *, bad: bool) -> tuple[int, int]:
    """Kill one controller after the other; return how many died, and how the last one ended."""
    died = 0
    while True:
        child = forked(lambda: int(controller(folder, rollout(), boards(folder, bad=bad)).run()))
        if died < most:
            time.sleep(chance.uniform(0, 0.25))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            return died, os.waitstatus_to_exitcode(status)
        died += 1


def check(folder: Path, *, bad: bool) -> None:
    truth, of = boards(folder), rollout()
    changed = Counter(row.host for row in truth.changes() if row.purpose == "apply")
    undone = Counter(row.host for row in truth.changes() if row.purpose == "undo")
    assert set(changed.values()) == {1}, "a board was changed twice"
    last = set(of.waves[2].hosts) & set(changed)
    assert undone == Counter(last if bad else ()), "what was changed is taken back, once"
    assert bad or len(changed) == sum(WAVES)
    for site in of.sites:
        assert truth.most_at_once(site) <= AT_ONCE
    assert all(one.over for one in Store(folder / "rollouts.sqlite").rollouts())


def rounds(folder: Path, kills: int, seed: int) -> None:
    chance, died, number = random.Random(seed), 0, 0  # noqa: S311 - a test that can be repeated
    while died < kills:
        number += 1
        bad = number % 2 == 0
        (at := folder / str(number)).mkdir()
        count, code = killed(at, chance, min(10, kills - died), bad=bad)
        assert code == (RolloutExit.HALTED if bad else RolloutExit.DONE)
        check(at, bad=bad)
        died += count


def test_a_killed_controller_is_taken_up_by_the_next(tmp_path: Path) -> None:
    rounds(tmp_path, 20, seed=1)


@pytest.mark.campaign
def test_a_hundred_kills_change_no_board_twice(tmp_path: Path) -> None:
    rounds(tmp_path, 100, seed=2)


def test_a_board_that_is_changed_twice_would_be_seen(tmp_path: Path) -> None:
    """The check can fail."""
    truth = boards(tmp_path)
    assert controller(tmp_path, rollout(), truth).run() is RolloutExit.DONE
    truth._write([next(truth.changes())])
    with pytest.raises(AssertionError, match="changed twice"):
        check(tmp_path, bad=False)
