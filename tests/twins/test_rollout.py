"""A rollout on twins: a good change goes through; each bad one is stopped and taken back.

With eight boards in waves of 1, 2 and 5 it is a test of the campaign, else with four.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.support.lab import CAMPAIGN, until
from tests.support.twin_rollouts import TwinRollouts, twin_rollouts

WAVES = {"canary": ["b1"], "early": ["b2", "b3"], "rest": [f"b{n}" for n in range(4, 9)]}
if not CAMPAIGN:
    WAVES = {"canary": ["b1"], "early": ["b2"], "rest": ["b3", "b4"]}
CANARY, *OTHERS = [host for hosts in WAVES.values() for host in hosts]
VERDICT_SECONDS = 60
"""Between the canary's readiness and the verdict on it, at most."""


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwinRollouts]:
    with twin_rollouts(tmp_path_factory.mktemp("rollout"), 1 + len(OTHERS)) as found:
        yield found


def test_a_good_change_goes_through(twins: TwinRollouts) -> None:
    good = twins.commit("good")
    begun = time.monotonic()
    done = twins.call("start", str(twins.plan(WAVES)))
    print(f"good: {time.monotonic() - begun:.1f} s with its plan, for {len(twins.hosts)} boards")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {host["outcome"] for host in twins.status()["hosts"]} == {"changed"}
    for host in twins.hosts:
        assert twins.commit_on(host) != good  # the file of the rollout is a later commit
        assert twins.git("rev-parse", "HEAD~1") == good
        assert twins.commit_on(host) == twins.git("rev-parse", "HEAD")
    begins = first_lines(twins)
    assert begins[CANARY] < begins["b2"] < begins[twins.hosts[-1]], "wave by wave"
    print(f"canary ready to verdict: {seconds_to_verdict(twins):.1f} s")


def first_lines(twins: TwinRollouts) -> dict[str, str]:
    rollout = twins.rollout()
    return {host: twins.audit(host, rollout)[0]["at"] for host in twins.hosts}


@pytest.mark.parametrize(
    ("fault", "outcome", "gates"),
    [
        ("never-ready", "failed", set()),
        # Its figures do not count either.
        ("rubbish", "changed", {"verified", "tokens_per_second"}),
        ("slow", "changed", {"tokens_per_second"}),
    ],
)
def test_a_bad_change_is_stopped_by_its_gate_and_taken_back(
    twins: TwinRollouts, fault: str, outcome: str, gates: set[str]
) -> None:
    before = twins.commit_on(CANARY)
    prints = {host: twins.print_of(host) for host in OTHERS}
    twins.commit(f"bad, {fault}", JETFLEET_STANDIN_FAULT=fault)
    plan = twins.plan(WAVES)
    begun = time.monotonic()
    done = twins.call("start", str(plan))
    taken = time.monotonic() - begun
    assert done.returncode == 4, done.stdout + done.stderr
    happened = twins.events()
    (end,) = [one for one in happened if one["kind"] == "done" and is_apply(one)]
    assert (end["host"], end["outcome"]) == (CANARY, outcome)
    read = [one for one in happened if one["kind"] == "gate"]
    assert {one["gate"] for one in read if one["verdict"] == "fail"} == gates
    # By the boards themselves: no other one was touched, and the canary is what it was.
    assert {host: twins.print_of(host) for host in OTHERS} == prints
    assert twins.commit_on(CANARY) == before
    assert "1, 2, 3" in twins.lab.chat(CANARY, "Count from 1 to 10.")
    assert {line["rollout"] for line in twins.audit(CANARY) if "rollout" in line} >= {
        twins.rollout()
    }
    until(lambda: twins.git("worktree", "list").count("\n") == 0, "an end without a tree", 30)
    print(f"{fault}: halted and undone after {taken:.1f} s")
    if gates:
        seconds = seconds_to_verdict(twins)
        print(f"{fault}: canary ready to verdict: {seconds:.1f} s")
        assert seconds < VERDICT_SECONDS


def is_apply(event: dict[str, object]) -> bool:
    return "-apply/" in str(event["task"])


def seconds_to_verdict(twins: TwinRollouts) -> float:
    """Between the moment at which the canary's server was ready, and the verdict on its wave."""
    judged = next(one["at"] for one in twins.events() if one["kind"] == "judged")
    return float(judged) - twins.ready_at(CANARY)
