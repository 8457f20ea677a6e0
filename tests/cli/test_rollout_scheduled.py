"""`jetfleet rollout resume --scheduled`, which a schedule of CI runs again and again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jetfleet.rollout import drive as product
from jetfleet.rollout import events
from jetfleet.rollout.rollout import Rollout
from tests.support.lab import until
from tests.support.rollouts import rollout_of
from tests.support.simulated_boards import good
from tests.support.simulated_lab import SimulatedLab

NOTHING = "no rollout is to be resumed here\n"


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimulatedLab:
    made = SimulatedLab(tmp_path)
    monkeypatch.setattr(product, "boards_of", made.boards)
    return made


def judged(**more: object) -> Rollout:
    """A rollout that waits for a person after its first wave."""
    rollout = rollout_of([1, 2], **more)
    first = replace(rollout.waves[0], person=True)
    return replace(rollout, waves=(first, *rollout.waves[1:]))


def resumed(lab: SimulatedLab) -> tuple[int, str]:
    done = lab.call("resume", "--scheduled", "--no-wait", "--for", "50m")
    return done.returncode, done.stderr


def test_it_comes_again_until_the_rollout_is_over(lab: SimulatedLab) -> None:
    assert resumed(lab) == (0, NOTHING)
    assert not lab.store.exists()
    lab.write(judged())
    assert lab.call("start", str(lab.plan), "--no-wait").returncode == 5
    assert resumed(lab)[0] == 5
    assert lab.call("judge", "r1", "--pass", "--reason", "it is good").returncode == 0
    assert resumed(lab)[0] == 0
    assert len(list(lab.boards().changes())) == 3
    assert resumed(lab) == (0, NOTHING)


def test_a_pause_stays(lab: SimulatedLab) -> None:
    lab.write(judged())
    lab.call("start", str(lab.plan))
    lab.call("judge", "r1", "--pass", "--reason", "it is good")
    lab.call("pause", "r1", "--reason", "a visit")
    assert resumed(lab)[0] == 5
    assert lab.count(events.Resumed) == 0
    assert len(list(lab.boards().changes())) == 1
    assert lab.call("resume", "r1").returncode == 0


def test_what_was_halted_is_left_alone(lab: SimulatedLab) -> None:
    lab.write(rollout_of([1, 2]))
    lab.fate = lambda host, task: "failed" if task.purpose == "apply" else good(host, task)
    assert lab.call("start", str(lab.plan)).returncode == 4
    assert resumed(lab) == (0, NOTHING)


def test_quarantined_hosts_are_caught_up_while_they_may_be(lab: SimulatedLab) -> None:
    rollout = rollout_of([1, 8], catch_up_every=2)
    lab.write(rollout)
    off = rollout.waves[1].hosts[0]

    def fate(host: str, task: object) -> str:
        return "unreachable" if host == off else good(host, task)  # type: ignore[arg-type]

    lab.fate = fate
    assert lab.call("start", str(lab.plan)).returncode == 3
    lab.fate = good
    until(lambda: resumed(lab)[0] == 0, "the catch-up is due", 30)
    assert len(list(lab.boards().changes())) == 9


def test_only_the_last_rollout_of_a_fleet_is_caught_up(lab: SimulatedLab) -> None:
    off = rollout_of([1, 8]).waves[1].hosts[0]
    lab.fate = lambda host, task: "unreachable" if host == off else good(host, task)
    lab.write(rollout_of([1, 8], catch_up_within=3600.0))
    assert lab.call("start", str(lab.plan)).returncode == 3
    lab.write(rollout_of([1, 8], id="r2", catch_up_within=0.0), commit="beef")
    assert lab.call("start", str(lab.plan)).returncode == 3
    assert resumed(lab) == (0, NOTHING)


def test_two_fleets_in_one_store_are_not_guessed(lab: SimulatedLab) -> None:
    for name in ("r1", "r2"):
        lab.write(judged(id=name, fleet=f"{name}.yaml"))
        assert lab.call("start", str(lab.plan)).returncode == 5
    status, said = resumed(lab)
    assert (status, "r1 and r2 are not over: name one" in said) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "write the ID, or --scheduled, or --from-boards"),
        (("r1", "--scheduled"), "write the ID, or --scheduled, or --from-boards"),
        (("--scheduled", "--detach"), "leave --detach out"),
    ],
)
def test_it_is_by_id_or_by_schedule(lab: SimulatedLab, words: tuple[str, ...], said: str) -> None:
    done = lab.call("resume", *words)
    assert (done.returncode, said in done.stderr) == (1, True)
