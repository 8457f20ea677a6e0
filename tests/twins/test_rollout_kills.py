"""A rollout on twins whose controller is killed: the next process goes on, and changes none twice.

Some kills take the tasks with it, as a runner that is taken away does.
"""

from __future__ import annotations

import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.lab import until
from tests.support.twin_rollouts import TwinRollouts, twin_rollouts

AT_ONCE = 2
WAVES = {"canary": ["b1"], "rest": ["b2", "b3", "b4"]}
LIMITS = {"limits": {"at_once": {"site": AT_ONCE}}}
GOES_ON_SECONDS = 5
"""After a resume, at most, until a task is at work."""

CHANGES = 5
"""A controller lives for fewer changes than that."""

LONGEST = 3.0
"""Seconds that it lives after these, at most."""


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwinRollouts]:
    with twin_rollouts(tmp_path_factory.mktemp("kills"), 4) as found:
        yield found


@dataclass
class Kills:
    """Kills of controllers at random moments of rollouts, until there were enough."""

    twins: TwinRollouts
    chance: random.Random
    left: list[bool]
    """Of each kill: whether it takes the tasks too."""
    moments: list[str] = field(default_factory=list)
    went_on: list[float] = field(default_factory=list)

    def rollout(self, most: int) -> int:
        """Drive a rollout of what is committed to its end, through some kills; return its code."""
        plan, died = self.twins.plan(WAVES, **LIMITS), 0
        known = self.twins.rollouts()
        while True:
            begun = self.twins.rollouts() != known
            words = ("resume", self.twins.rollout()) if begun else ("start", str(plan))
            process = self.twins.start(*words)
            started = time.monotonic()
            if begun:
                self.wait(process)
                self.went_on.append(time.monotonic() - started)
            if died == most or not self.left:
                return process.wait(300)
            self.live(process)
            if process.poll() is not None:
                return process.returncode
            self.kill(process.pid, taken=self.left.pop())
            process.wait()
            died += 1

    def wait(self, process: subprocess.Popen[str]) -> None:
        """Wait until a task is at work, or the rollout is over."""
        until(lambda: self.twins.tasks() or process.poll() is not None, "a task at work", 30)

    def live(self, process: subprocess.Popen[str]) -> None:
        """Wait for a random moment in which it is killed, or for its end."""
        changes = self.changes() + self.chance.randrange(CHANGES)
        while process.poll() is None and self.changes() < changes:
            time.sleep(0.3)
        end = time.monotonic() + self.chance.uniform(0.1, LONGEST)
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)

    def changes(self) -> int:
        """Return how many changes of this rollout and others the boards have had."""
        return sum(len(self.twins.audit(host)) for host in self.twins.hosts)

    def kill(self, pid: int, *, taken: bool) -> None:
        flying = self.twins.flying()
        count = self.twins.destroy() if taken else self.twins.kill(pid)
        what = f"with {count - 1} processes of tasks" if taken else "alone"
        doing = flying or "nothing in flight"
        self.moments.append(f"{what}, after {self.changes()} changes, while it had {doing}")


def check(twins: TwinRollouts) -> None:
    """See what the boards say of the last rollout: nothing twice, and no limit exceeded."""
    name, spans = twins.rollout(), []
    for host in twins.hosts:
        lines = twins.audit(host, name)
        assert lines, f"{host} was not changed"
        done = Counter((line["attempt"], line["did"]) for line in lines)
        assert set(done.values()) == {1}, f"{host}: {lines}"
        served = [line for line in lines if line["did"].startswith("Serve")]
        ended = [line["outcome"] for line in served]
        assert ended in (["done"], ["cut"], ["cut", "done"]), f"{host}: {lines}"
        starts = twins.starts(host, spans_of(twins, lines)[0])
        assert starts == 1, f"{host} has started its server {starts} times: {lines}"
        spans.append(spans_of(twins, lines))
    for at, _ in spans:
        assert sum(first <= at <= last for first, last in spans) <= AT_ONCE, spans
    canary, *rest = spans
    assert all(first > canary[1] for first, _ in rest), "no wave before its gate"


def spans_of(twins: TwinRollouts, lines: list[dict[str, Any]]) -> tuple[float, float]:
    """Return the times of the first change of a board and of the last."""
    return twins.seconds(lines[0]["at"]), twins.seconds(lines[-1]["at"])


def rounds(twins: TwinRollouts, taken: list[bool], seed: int, most: int) -> Kills:
    kills = Kills(twins, random.Random(seed), list(taken))  # noqa: S311 - can be repeated
    number = 0
    while kills.left:
        number += 1
        commit = twins.commit(f"seed {seed}, round {number}")
        assert kills.rollout(most) == 0, (kills.moments, twins.status())
        check(twins)
        assert all(commit in twins.git("rev-list", twins.commit_on(host)) for host in twins.hosts)
    for moment, seconds in zip(kills.moments, [*kills.went_on, 0.0], strict=False):
        print(f"killed {moment}; went on after {seconds:.1f} s")
    print(f"{len(kills.moments)} kills in {number} rollouts; the slowest resume went on after "
          f"{max(kills.went_on):.1f} s")  # fmt: skip
    assert max(kills.went_on) < GOES_ON_SECONDS
    return kills


def test_what_is_killed_is_taken_up_and_changes_no_board_twice(twins: TwinRollouts) -> None:
    rounds(twins, [False, True, False], seed=1, most=3)


@pytest.mark.campaign
@pytest.mark.timeout(1800)
def test_ten_kills_change_no_board_twice(twins: TwinRollouts) -> None:
    rounds(twins, [False, True] * 5, seed=2, most=3)
