"""`jetfleet rollout start` and `resume`, on simulated boards: signals, codes, who is in the way."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jetfleet.errors import FleetError
from jetfleet.rollout import drive as product
from jetfleet.rollout import events
from jetfleet.rollout.plan_file import read_plan
from tests.support.cli import ROOT
from tests.support.lab import until
from tests.support.rollout_plans import plan_file
from tests.support.rollouts import rollout_of
from tests.support.simulated_boards import good
from tests.support.simulated_lab import SimulatedLab


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimulatedLab:
    made = SimulatedLab(tmp_path)
    monkeypatch.setattr(product, "boards_of", made.boards)
    return made


def test_a_rollout_goes_through(lab: SimulatedLab) -> None:
    lab.write(rollout_of([1, 5]))
    done = lab.call("start", str(lab.plan), "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["state"], said["exit"], said["waves"][1]["verdict"]) == ("done", 0, "pass")
    assert "rollout r1 is begun" in done.stderr
    # The same plan under another name: the boards have it.
    again = lab.call("start", str(lab.plan))
    assert again.returncode == 0
    assert "rollout r1-2 of lab.yaml: done" in again.stdout
    assert len({row.host for row in lab.boards().changes()}) == 6
    assert len(list(lab.boards().changes())) == 6


def test_a_halted_commit_is_blocked_until_a_reason_is_given(lab: SimulatedLab) -> None:
    lab.write(rollout_of([1, 3]))
    lab.fate = lambda host, task: "failed" if task.purpose == "apply" else good(host, task)
    halted = lab.call("start", str(lab.plan))
    assert (halted.returncode, "`git revert c0ffee`" in halted.stderr) == (4, True)
    lab.fate = good
    assert lab.call("start", str(lab.plan)).returncode == 8
    # A new plan of the same commit has another hash.
    lab.write(replace(rollout_of([1, 3]), id="r2"), reason="planned again")
    blocked = lab.call("start", str(lab.plan))
    assert (blocked.returncode, blocked.stdout) == (8, "")
    assert "this commit was halted by the rollout r1" in blocked.stderr
    assert lab.call("start", str(lab.plan), "--again", "there is room now").returncode == 0
    lab.write(replace(rollout_of([1, 3]), id="r3"))
    assert lab.call("start", str(lab.plan)).returncode == 0


def test_what_has_no_way_back_wants_a_word(lab: SimulatedLab) -> None:
    lab.write(rollout_of([1, 2]), no_way_back="a disk is formatted")
    done = lab.call("start", str(lab.plan))
    assert (done.returncode, done.stdout) == (1, "")
    assert "board-0000 (a disk is formatted), and 2 more hosts: start it with" in done.stderr
    assert not lab.store.exists()
    assert lab.call("start", str(lab.plan), "--accept-irreversible").returncode == 0


def test_a_person_is_not_waited_for(lab: SimulatedLab) -> None:
    rollout = rollout_of([1, 2])
    first = replace(rollout.waves[0], person=True)
    lab.write(replace(rollout, waves=(first, *rollout.waves[1:])))
    done = lab.call("start", str(lab.plan))
    assert done.returncode == 5
    assert "wave wave-0 is ready" in done.stdout
    assert "`jetfleet rollout resume r1` goes on" in done.stderr
    assert lab.call("resume", "r1").returncode == 5
    assert lab.call("judge", "r1", "--pass", "--reason", "it is good").returncode == 0
    assert lab.call("resume", "r1").returncode == 0


def test_a_job_stays_for_no_soak(lab: SimulatedLab) -> None:
    rollout = rollout_of([1])
    lab.write(replace(rollout, waves=(replace(rollout.waves[0], soak=3600),)))
    done = lab.call("start", str(lab.plan), "--no-wait", "--json")
    assert done.returncode == 5
    assert [one["kind"] for one in json.loads(done.stdout)["waits"]] == ["soak"]


def test_resume_ends_a_pause_and_drives(lab: SimulatedLab) -> None:
    lab.write(rollout_of([1, 2]))
    begun = lab.begin(600.0, "start", str(lab.plan))
    until(lambda: lab.count(events.Sent) > 0, "the first task", 30)
    assert lab.call("pause", "r1", "--reason", "lunch").returncode == 0
    begun.kill()
    begun.communicate()
    resumed = lab.begin(0.01, "resume", "r1")
    until(lambda: lab.count(events.Resumed) == 1, "the end of the pause", 30)
    resumed.kill()
    resumed.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_drains_and_another_process_goes_on(
    lab: SimulatedLab, number: signal.Signals
) -> None:
    lab.write(rollout_of([1, 4]))
    begun = lab.begin(2.0, "start", str(lab.plan), "--json")
    until(lambda: lab.count(events.Sent) == 1, "the first task", 30)
    begun.send_signal(number)
    out, err = begun.communicate(timeout=60)
    assert begun.returncode == 128 + number, err
    assert json.loads(out)["state"] == "running"
    assert "nothing new is begun" in err
    assert lab.count(events.Sent) == 1
    assert lab.count(events.Done) == 1, "what was in work has ended"
    done = lab.call("resume", "r1")
    assert done.returncode == 0, done.stderr
    assert len(list(lab.boards().changes())) == 5


def test_the_second_signal_leaves_what_is_in_work(lab: SimulatedLab) -> None:
    lab.write(rollout_of([1, 4]))
    begun = lab.begin(600.0, "start", str(lab.plan))
    until(lambda: lab.count(events.Sent) == 1, "the first task", 30)
    begun.send_signal(signal.SIGINT)
    assert begun.stderr
    said = ""
    while "nothing new is begun" not in said:
        said = begun.stderr.readline()
        assert said, "it has ended by the first one"
    begun.send_signal(signal.SIGINT)
    begun.communicate(timeout=60)
    assert begun.returncode == 130
    assert lab.count(events.Done) == 0


def test_two_controllers_are_one_too_many(lab: SimulatedLab) -> None:
    lab.write(rollout_of([1, 4]))
    begun = lab.begin(600.0, "start", str(lab.plan))
    try:
        until(lambda: lab.count(events.Sent) == 1, "the first task", 30)
        other = lab.call("start", str(lab.plan))
        assert (other.returncode, "r1 of this fleet" in other.stderr) == (8, True)
        other = lab.call("resume", "r1")
        assert (other.returncode, f"(process {begun.pid})" in other.stderr) == (8, True)
        lab.call("pause", "r1", "--reason", "lunch")
        other = lab.call("resume", "r1")
        assert (other.returncode, "the pause is over" in other.stderr) == (5, True)
    finally:
        begun.kill()
        begun.communicate()


def test_its_time_is_over(lab: SimulatedLab) -> None:
    lab.write(rollout_of([1, 4]))
    begun = lab.begin(3.0, "start", str(lab.plan), "--for", "1s")
    _, err = begun.communicate(timeout=60)
    assert begun.returncode == 5, err
    assert lab.count(events.Done) == 1
    wrong = lab.call("resume", "r1", "--for", "50")
    assert (wrong.returncode, "a duration such as" in wrong.stderr) == (1, True)


EDITS: dict[str, Callable[[dict[str, Any]], object]] = {
    "another host": lambda plan: plan["rollout"]["hosts"].update(
        eve={"name": "eve", "site": "site-0", "of_class": "orin", "groups": []}
    ),
    "another commit": lambda plan: plan["rollout"].update(commit="beef"),
    "another change": lambda plan: plan["reviewed"]["hosts"][0].update(desired="x"),
    "a wave with another host": lambda plan: plan["rollout"]["waves"][0]["hosts"].append("eve"),
    "no waves": lambda plan: plan["rollout"].pop("waves"),
    "a site of a path": lambda plan: plan.update(extra="x"),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_plan_is_refused(lab: SimulatedLab, name: str) -> None:
    lab.write(rollout_of([1, 2]))
    read_plan(lab.plan)
    edited = json.loads(lab.plan.read_text())
    EDITS[name](edited)
    lab.plan.write_text(json.dumps(edited))
    done = lab.call("start", str(lab.plan))
    assert (done.returncode, done.stdout, lab.store.exists()) == (1, "", False)
    assert "make it with `jetfleet rollout plan FILE --from-boards" in done.stderr


def test_what_is_missing_here_is_said_before_anything_is_begun(tmp_path: Path) -> None:
    lab = SimulatedLab(tmp_path)
    lab.write(replace(rollout_of([1, 2]), fleet=str(tmp_path / "none.yaml")))
    done = lab.call("start", str(lab.plan))
    assert (done.returncode, "name the spec as it is on this computer" in done.stderr) == (1, True)
    done = lab.call("start", str(lab.plan), "--spec", str(ROOT / "inventory/lab.yaml"))
    assert (done.returncode, "`git fetch` it" in done.stderr) == (1, True)
    assert lab.events() == []
    rollout = rollout_of([1])
    sites = {name: replace(site, worker=True) for name, site in rollout.sites.items()}
    with pytest.raises(FleetError, match="worker: true"):
        product.boards_of(plan_file(replace(rollout, sites=sites)), ROOT / "inventory/lab.yaml")
