"""The jobs of docs/ci that drive a rollout, on simulated boards: colours, and coming again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jetfleet.rollout import events
from jetfleet.rollout.rollout import Rollout
from jetfleet.rollout.store import Store
from tests.support.rollouts import rollout_of
from tests.support.simulated_runner import SimulatedRunner

SIZES = [1, 7]
CANARY = "apply board-0000"
BACK = "undo board-0000"


@pytest.fixture(params=["github", "gitlab"])
def runner(request: pytest.FixtureRequest, tmp_path: Path) -> SimulatedRunner:
    return SimulatedRunner(tmp_path, request.param)


def judged(**more: object) -> Rollout:
    """A rollout that waits for a person after its canary."""
    rollout = rollout_of(SIZES, **more)
    canary = replace(rollout.waves[0], person=True)
    return replace(rollout, waves=(canary, *rollout.waves[1:]))


@pytest.mark.parametrize(
    ("fates", "colour", "said"),
    [
        ({}, "green", "rollout r1 of lab.yaml: done"),
        ({"apply board-0007": "unreachable"}, "yellow", "rollout r1 of lab.yaml: incomplete"),
        ({CANARY: "failed"}, "red", "`git revert c0ffee`"),
        ({CANARY: "failed", BACK: "no-way-back"}, "red", "rollout r1 of lab.yaml: not-back"),
    ],
)
def test_the_colour_of_an_end(
    runner: SimulatedRunner, fates: dict[str, str], colour: str, said: str
) -> None:
    runner.planned(rollout_of(SIZES))
    runner.fates(fates)
    found, text = runner.job("rollout")
    assert (found, said in text) == (colour, True), text
    assert "<testsuite" in (runner.reports / "rollout.xml").read_text()
    assert "<html" in (runner.reports / "rollout.html").read_text()
    assert runner.store.stat().st_mode & 0o077 == 0


def test_nothing_was_planned(runner: SimulatedRunner) -> None:
    assert runner.job("rollout")[0] == "red"
    colour, said = runner.job("again")
    assert (colour, runner.store.exists()) == ("green", False), said


def test_it_comes_again_until_a_person_has_said_a_word(runner: SimulatedRunner) -> None:
    runner.planned(judged())
    colour, said = runner.job("rollout")
    assert (colour, "wave wave-0 is ready" in said) == ("yellow", True), said
    for _ in range(2):
        colour, said = runner.job("again")
        assert (colour, "wave wave-0 is ready" in said) == ("yellow", True), said
        assert (runner.reports / "rollout.xml").exists()
    assert runner.changes() == ["board-0000"]
    reason = "it's good; $(touch pwned) `touch pwned`"
    colour, said = runner.job("rollout", word="pass", reason=reason)
    assert (colour, "done" in said) == ("green", True), said
    assert sorted(runner.changes()) == sorted(f"board-{n:04}" for n in range(8))
    assert not list(runner.folder.rglob("pwned"))
    store = Store(runner.store)
    words = [event for _, event in store.events("r1") if isinstance(event, events.Judged)]
    assert [one.why for one in words if one.by] == [f"ada: {reason}"]
    # Nothing is left to do, and nothing is uploaded again.
    assert runner.job("again")[0] == "green"
    assert not (runner.reports / "rollout.xml").exists()


def test_a_pause_stays_until_it_is_ended(runner: SimulatedRunner) -> None:
    runner.planned(judged())
    runner.job("rollout")
    assert runner.job("rollout", word="pause", reason="a visit")[0] == "green"
    # The verdict counts, and the pause too.
    assert runner.job("rollout", word="pass", reason="it is good")[0] == "yellow"
    assert runner.job("again")[0] == "yellow"
    assert runner.changes() == ["board-0000"]
    assert runner.job("rollout", word="resume", reason="they have left")[0] == "green"


def test_what_a_person_aborts_is_red(runner: SimulatedRunner) -> None:
    runner.planned(judged())
    runner.job("rollout")
    colour, said = runner.job("rollout", word="abort", reason="another one comes first")
    assert (colour, "aborted" in said) == ("red", True), said
    assert runner.job("again")[0] == "green"


def test_a_rollout_in_the_way_is_red_and_stays(runner: SimulatedRunner) -> None:
    runner.planned(judged())
    runner.job("rollout")
    runner.planned(rollout_of(SIZES, id="r2"))
    colour, said = runner.job("rollout")
    assert (colour, "the rollout r1 of this fleet" in said) == ("red", True), said
    assert runner.changes() == ["board-0000"]


def test_another_job_that_drives_it_is_no_failure(runner: SimulatedRunner) -> None:
    rollout = judged()
    runner.planned(rollout)
    runner.job("rollout")
    store = Store(runner.store)
    with store.control(store.rollout("r1"), "ann on desk"):
        colour, said = runner.job("again")
    assert (colour, "ann on desk" in said) == ("yellow", True), said


def test_a_halted_commit_comes_back_by_a_word_alone(runner: SimulatedRunner) -> None:
    runner.planned(rollout_of(SIZES))
    runner.fates({CANARY: "failed"})
    assert runner.job("rollout")[0] == "red"
    runner.fates({})
    runner.planned(rollout_of(SIZES, id="r2"))
    colour, said = runner.job("rollout")
    assert (colour, "this commit was halted" in said) == ("red", True), said
    assert runner.job("again")[0] == "green"
    word = {"word": "start-again", "reason": "the disk was full", "plan": "1"}
    colour, said = runner.job("rollout", **word)
    assert (colour, "done" in said) == ("green", True), said


@pytest.mark.parametrize("plan", ["../../temp/x", "$(touch pwned)", "-o"])
def test_a_plan_is_named_by_its_run(plan: str, tmp_path: Path) -> None:
    runner = SimulatedRunner(tmp_path, "github")
    runner.temp.joinpath("x.json").write_text("{}")
    colour, said = runner.job("rollout", word="start", reason="x", plan=plan)
    assert (colour, "jetfleet-plans" in said) == ("red", True), said
    assert not list(runner.folder.rglob("pwned"))
