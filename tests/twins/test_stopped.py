"""A Docker daemon and an sshd that hang on two boards: the others are done while these still hang.

With eight boards it is a test of the campaign, else with four. `bench/stopped.py` has the seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.lab import CAMPAIGN, until
from tests.support.stopped_boards import SLOWEST, Apply, stopped
from tests.support.twin_rollouts import TwinRollouts, twin_rollouts

COUNT = 8 if CAMPAIGN else 4
DOCKER, SSHD = "b1", "b2"
OTHERS = tuple(f"b{n}" for n in range(3, COUNT + 1))
LOAD = {"JETFLEET_STANDIN_LOAD_SECONDS": "4"}
PATIENCE = 3 * SLOWEST
"""Seconds within which all must have ended, whatever hangs."""

HUNG = ("sshd", "hang", "connection was lost", "no answer", "did not answer", "silent")


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwinRollouts]:
    with twin_rollouts(tmp_path_factory.mktemp("stopped"), COUNT) as found:
        yield found


def test_an_apply_beside_two_that_hang(twins: TwinRollouts, tmp_path: Path) -> None:
    twins.commit("apply", **LOAD)
    apply = Apply.start(twins.lab, tmp_path / "apply")
    with ExitStack() as stack:
        for host, program in ((DOCKER, "dockerd"), (SSHD, "sshd")):
            apply.wait_begun(host)
            stack.enter_context(stopped(twins.lab, host, program))
        until(lambda: all(map(apply.verified, OTHERS)), "the others, verified", 90)
        assert apply.process.poll() is None, "the run waits for those that hang"
        for host in (DOCKER, SSHD):
            assert not apply.events(host, "failed"), f"{host} hangs"
        status = apply.process.wait(PATIENCE)
    result = apply.result()
    assert status == 4, result
    assert {result[host]["state"] for host in OTHERS} == {"changed"}
    print(f"{DOCKER}: {result[DOCKER]['reason']}\n{SSHD}: {result[SSHD]['reason']}")
    assert "docker" in result[DOCKER]["reason"]
    assert any(word in result[SSHD]["reason"] for word in HUNG)
    twins.lab.converge()


def test_a_wave_beside_two_that_hang(twins: TwinRollouts) -> None:
    waves = {"canary": OTHERS[:1], "rest": [DOCKER, SSHD, *OTHERS[1:]]}
    twins.commit("wave", **LOAD)
    plan = twins.plan(
        waves, failed={"wave": 2}, quorum="30%",
        deadline={"host": f"{PATIENCE}s", "silence": f"{SLOWEST}s"},
    )  # fmt: skip
    process = twins.start("start", str(plan))
    with ExitStack() as stack:
        for host, program in ((DOCKER, "dockerd"), (SSHD, "sshd")):
            until(lambda host=host: begun(twins, host), f"the first change of {host}", 120)
            stack.enter_context(stopped(twins.lab, host, program))
        until(lambda: set(ended(twins)) >= set(OTHERS), "the others", 120)
        assert not {DOCKER, SSHD} & set(ended(twins)), "these still hang"
        status = process.wait(2 * PATIENCE)
    outcomes = {host["name"]: host for host in twins.status()["hosts"]}
    said = {name: (host["outcome"], host["detail"]) for name, host in outcomes.items()}
    print(said[DOCKER], said[SSHD])
    assert status == 3, said
    assert {said[host][0] for host in OTHERS} == {"changed"}
    assert said[DOCKER][0] == "failed"
    assert "docker" in said[DOCKER][1]
    assert said[SSHD][0] == "lost"
    assert any(word in said[SSHD][1] for word in HUNG)


def begun(twins: TwinRollouts, host: str) -> bool:
    return any(one["kind"] == "begun" and one["host"] == host for one in twins.events())


def ended(twins: TwinRollouts) -> dict[str, str]:
    return {
        one["host"]: one.get("outcome", "")
        for one in twins.events()
        if one["kind"] in {"done", "marked"} and "-apply/" in one.get("task", "-apply/")
    }
