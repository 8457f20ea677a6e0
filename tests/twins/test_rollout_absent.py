"""Boards of a rollout on twins that are off, taken by another run, or die in the middle."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from jetfleet.process import Process
from jetfleet.steps import lease
from tests.support.lab import until
from tests.support.twin_rollouts import TwinRollouts, twin_rollouts

WAVES = {"canary": ["b1"], "rest": ["b2", "b3", "b4"]}
LEASE_WAIT, CATCH_UP = 35, 20
"""Seconds."""

LENIENT: dict[str, Any] = {
    "deadline": {"host": "4m", "silence": "20s", "lease_wait": f"{LEASE_WAIT}s"},
    "unreachable": {"wave": "70%"},
    "quorum": "30%",
    "failed": {"canary": 0, "wave": 0},
    # In place of an hour; the hour itself is a test with a clock that is turned.
    "catch_up": {"every": f"{CATCH_UP}s"},
}
OTHER, OTHER_ID = lease.Holder("eve@laptop", "lab.yaml", "7", Process(1, "2", "elsewhere")), "e7e"


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwinRollouts]:
    with twin_rollouts(tmp_path_factory.mktemp("absent"), 4) as found:
        yield found


def outcomes(twins: TwinRollouts) -> dict[str, str]:
    return {host["name"]: host["outcome"] for host in twins.status()["hosts"]}


def happened(twins: TwinRollouts, kind: str, host: str) -> list[dict[str, Any]]:
    return [one for one in twins.events() if one["kind"] == kind and one["host"] == host]


def take_lease(twins: TwinRollouts, host: str) -> None:
    """Let another run hold the lease of a board, as its own script does."""
    shown = lease.read(twins.lab.sh(host, lease.show()))
    token = shown.token + 1 if shown else 1
    twins.lab.sh(host, lease.hold(OTHER_ID, token, OTHER, over=False))


def test_who_is_off_or_taken_is_quarantined_and_caught_up_later(twins: TwinRollouts) -> None:
    twins.commit("absent")
    plan = twins.plan(WAVES, **LENIENT)
    twins.lab.fleet.power_cut("b3")
    take_lease(twins, "b4")
    before = twins.print_of("b4")
    first = twins.start("start", str(plan))
    until(twins.tasks, "the first task", 30)
    # Two at once: the second one is turned away, and so is another controller of the first.
    for words in (("start", str(plan)), ("resume", twins.rollout())):
        second = twins.call(*words)
        assert second.returncode == 8, second.stderr
        assert twins.rollout() in second.stderr or "drives this fleet's rollout" in second.stderr
    assert first.wait(300) == 3
    assert outcomes(twins) == {
        "b1": "changed", "b2": "changed", "b3": "unreachable", "b4": "busy",
    }  # fmt: skip
    assert twins.print_of("b4") == before
    # It was waited for, and asked more than once.
    asked = [one for one in happened(twins, "done", "b4") if "-apply/" in one["task"]]
    (marked,) = happened(twins, "marked", "b4")
    assert [one["outcome"] for one in asked] == ["busy"] * len(asked)
    assert marked["at"] - asked[0]["at"] >= LEASE_WAIT
    assert len(asked) > 1
    catch_up(twins)


def catch_up(twins: TwinRollouts) -> None:
    """The boards are there again: who resumes the rollout once it is time finds them."""
    twins.lab.fleet.power_on("b3")
    twins.lab.sh("b4", lease.release(OTHER_ID))
    name, changed = twins.rollout(), {host: twins.print_of(host) for host in ("b1", "b2")}
    (ended,) = [one for one in twins.events() if one["kind"] == "ended"]
    until(lambda: time.time() > ended["at"] + CATCH_UP, "the time of the catch-up", CATCH_UP)
    resumed = twins.call("resume", name)
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert set(outcomes(twins).values()) == {"changed"}
    assert {host: twins.print_of(host) for host in changed} == changed, "none is changed twice"
    head = twins.git("rev-parse", "HEAD")
    assert {twins.commit_on(host) for host in twins.hosts} == {head}
    # Through the same gates.
    read = {one["gate"] for one in twins.events() if one["kind"] == "gate" and one["wave"] == 2}
    assert read == {"verified", "in-sync", "no-restarts"}


def test_who_dies_after_we_began_has_failed_and_is_taken_back(twins: TwinRollouts) -> None:
    before = {host: twins.commit_on(host) for host in twins.hosts}
    canary = twins.print_of("b1")
    twins.commit("dies")
    known = twins.rollouts()
    process = twins.start("start", str(twins.plan(WAVES, **LENIENT)))
    until(lambda: twins.rollouts() != known, "the rollout", 30)
    # By its own log: what is announced alone may not be on the board yet.
    until(lambda: twins.audit("b3", twins.rollout()), "the first change of b3", 120)
    twins.lab.fleet.power_cut("b3")
    until(lambda: outcomes(twins)["b3"] == "lost", "the loss of b3", 120)
    until(lambda: any(one["kind"] == "halted" for one in twins.events()), "the halt", 60)
    twins.lab.fleet.power_on("b3")
    assert process.wait(400) == 4
    undone = {host["name"]: host["undo"] for host in twins.status()["hosts"]}
    assert undone["b3"] == undone["b2"] == undone["b4"] == "undone"
    # The canary's wave has passed; that of b3 is taken back, and b3 itself after a survey.
    assert twins.print_of("b1") != canary
    rest = {host: twins.commit_on(host) for host in ("b2", "b3", "b4")}
    assert rest == {host: before[host] for host in rest}
    surveys = [one for one in happened(twins, "done", "b3") if "-survey/" in one["task"]]
    assert surveys, "nothing is taken back unseen"
