"""Tasks of a rollout as processes: killed, cancelled, found again, with boards that hang."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from jetfleet.process import Process
from jetfleet.rollout.events import Begun
from jetfleet.rollout.here.reviewed import Reviewed
from jetfleet.rollout.rollout import Gate
from jetfleet.steps.lease import Holder
from tests.support.lab import until
from tests.support.rollout_tasks import RolloutFleet, rollout_fleet

NAMES = ("first", "second", "third")


@pytest.fixture
def rollout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RolloutFleet]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    with rollout_fleet(tmp_path, *NAMES) as found:
        yield found


def test_a_change_goes_through_and_back(rollout: RolloutFleet) -> None:
    before = rollout.git("rev-parse", "HEAD")
    rollout.commit(a="second\n", b="new\n")
    reviewed = rollout.plan()
    assert {(one.state, one.before, one.no_way_back) for one in reviewed.hosts} == {
        ("changes", before, "")
    }
    # From now on a person works in the clone: the commit alone counts.
    rollout.fleet.want(a="edited\n")
    ahead = rollout.task(NAMES[:1], "stage", 7)
    assert rollout.sent(ahead) == {"first": "staged"}
    assert rollout.fleet.boards["first"].text("a") == "first\n", "nothing is activated"
    task = rollout.task(NAMES[:2])
    assert rollout.sent(task) == {"first": "changed", "second": "changed"}
    assert {one.host for one in rollout.seen if isinstance(one, Begun)} == set(NAMES[:2])
    boards = rollout.fleet.boards
    assert (boards["first"].text("a"), boards["third"].text("a")) == ("second\n", "first\n")
    gates = tuple(map(Gate, ("verified", "in-sync", "disk", "unheard-of")))
    assert rollout.gates(rollout.task(NAMES[1:], "probe", 8, gates=gates)) == {
        "verified": ("pass", ()),
        "in-sync": ("fail", ("third",)),
        "disk": ("pass", ()),
        "unheard-of": ("no-data", NAMES[1:]),
    }
    assert rollout.sent(rollout.task(NAMES[:1], "undo", 1)) == {"first": "undone"}
    assert (boards["first"].text("a"), boards["second"].text("a")) == ("first\n", "second\n")
    until(lambda: rollout.git("worktree", "list").count("\n") == 0, "an end without a tree", 30)


def test_a_board_that_says_nothing_is_no_data_for_itself(rollout: RolloutFleet) -> None:
    rollout.commit(a="second\n")
    plain = rollout.plan().model_dump(by_alias=True)
    # Seconds of all scripts of a board in one run.
    rollout.reviewed = Reviewed.model_validate({**plain, "data": ("timeout=6",)})
    rollout.boards = rollout.controller()
    gates = (Gate("in-sync"), Gate("no-restarts"))
    task = rollout.task(NAMES, gates=gates)
    assert set(rollout.sent(task).values()) == {"changed"}
    (first, *_) = [one.data["readings"] for one in rollout.done(task)]
    assert (
        first["before"]["state"]["readings"]["boot"] == first["ready"]["state"]["readings"]["boot"]
    )
    assert (first["before"]["differences"], first["ready"]["differences"]) == (None, [])
    boards = rollout.fleet.boards
    boards["second"].slow_survey = 60
    boards["third"].off()
    assert rollout.gates(rollout.task(NAMES, "probe", 1, gates=gates)) == {
        "in-sync": ("no-data", NAMES[1:]),
        "no-restarts": ("no-data", ("third",)),
    }, "what a board has said before it hung counts"


RAISES = """
from pathlib import Path
from pyinfra import host

if host.name == "first" and Path({flag!r}).exists():
    raise ValueError("a deploy of a person")
"""


def test_an_exception_and_a_hanging_board_are_ends_of_their_own(rollout: RolloutFleet) -> None:
    flag = rollout.fleet.scratch / "state/raises"
    with rollout.fleet.deploy.open("a", encoding="utf-8") as deploy:
        deploy.write(RAISES.format(flag=str(flag)))
    rollout.commit(a="second\n")
    rollout.plan()
    assert rollout.boards
    flag.touch()
    hanging(rollout, "second")
    task = rollout.task()
    rollout.boards.send(task)
    assert rollout.outcomes(task, ["first", "third"]) == {"first": "refused", "third": "changed"}
    assert "a deploy of a person" in rollout.detail(task, "first")
    rollout.fleet.boards["second"].goes_on.set()
    assert rollout.outcomes(task)["second"] == "changed"


def test_each_host_goes_back_to_the_commit_that_it_had(rollout: RolloutFleet) -> None:
    older = rollout.git("rev-parse", "HEAD")
    newer = rollout.commit(a="newer\n")
    applied = rollout.fleet.call("apply", "-y", "--limit", "second", "inventory/lab.yaml")
    assert applied.status == 0, applied.out + applied.err
    third = rollout.fleet.boards["third"]
    (third.folder / "state/applied.json").unlink()
    rollout.commit(a="second\n")
    reviewed = rollout.plan()
    assert [one.before for one in reviewed.hosts] == [older, newer, ""]
    assert "names no commit" in reviewed.by_host["third"].no_way_back
    assert set(rollout.sent(rollout.task()).values()) == {"changed"}
    back = rollout.task((), "undo", 1)
    assert rollout.sent(back) == {"first": "undone", "second": "undone", "third": "no-way-back"}
    texts = [board.text("a") for board in rollout.fleet.boards.values()]
    assert texts == ["first\n", "newer\n", "second\n"]


def test_what_was_not_reviewed_is_refused(rollout: RolloutFleet) -> None:
    (rollout.fleet.boards["third"].folder / "b").write_text("kept\n", encoding="utf-8")
    rollout.commit(a="second\n", b="kept\n")
    rollout.plan()
    assert rollout.reviewed
    (rollout.fleet.boards["third"].folder / "b").write_text("of a person\n", encoding="utf-8")
    rollout.fleet.boards["second"].off()
    first = rollout.fleet.boards["first"]
    shutil.rmtree(first.folder / "run/jetfleet")
    holder = Holder("ann@laptop", "lab.yaml", "7", Process(1, "2", "elsewhere"))
    first.lease_to(holder, 60, token=2)
    task = rollout.task()
    outcomes = {"first": "busy", "second": "unreachable", "third": "refused"}
    assert rollout.sent(task) == outcomes
    assert "ann@laptop has been applying" in rollout.detail(task, "first")
    assert "the board has changed since the plan" in rollout.detail(task, "third")
    assert rollout.fleet.boards["third"].text("b") == "of a person\n"
    other = rollout.task(NAMES[:1], number=1, plan="0" * 64)
    assert rollout.sent(other) == {"first": "refused"}
    rollout.fleet.want(a="edited\n")
    with pytest.raises(subprocess.CalledProcessError):
        rollout.plan()


def hanging(rollout: RolloutFleet, host: str) -> None:
    """Let a board hang when its first change begins."""
    rollout.fleet.boards[host].hangs = lambda title: "survey" not in title and title != "true"


def test_a_task_is_found_again_and_its_death_is_reported(rollout: RolloutFleet) -> None:
    rollout.commit(a="second\n")
    rollout.plan()
    assert rollout.boards
    hanging(rollout, "first")
    hanging(rollout, "third")
    task = rollout.task()
    rollout.boards.send(task)
    assert rollout.outcomes(task, ["second"]) == {"second": "changed"}
    (process,) = rollout.boards._processes
    # The controller is lost; a later one finds the process, and starts no other.
    rollout.boards, rollout.seen = rollout.controller(), []
    rollout.boards.send(task)
    assert not rollout.boards._processes
    assert rollout.outcomes(task, ["second"]) == {"second": "changed"}
    rollout.fleet.boards["third"].goes_on.set()
    assert rollout.outcomes(task, ["third"]) == {"second": "changed", "third": "changed"}
    assert any(isinstance(one, Begun) and one.host == "first" for one in rollout.seen)
    process.kill()
    process.wait()
    ends = {"first": "unknown", "second": "changed", "third": "changed"}
    assert rollout.outcomes(task) == ends
    assert rollout.git("worktree", "list").count("\n") == 0
    rollout.fleet.boards["first"].goes_on.set()
    asked = [len(board.titles) for board in rollout.fleet.boards.values()]
    rollout.boards, rollout.seen = rollout.controller(), []
    assert rollout.sent(task) == ends
    assert not rollout.boards._processes, "it is not begun again"
    assert [len(board.titles) for board in rollout.fleet.boards.values()] == asked


def has_any(folder: Path) -> bool:
    return any(folder.glob("*"))


def test_what_changes_nothing_is_begun_again_if_its_process_died(rollout: RolloutFleet) -> None:
    rollout.commit(a="second\n")
    rollout.plan()
    first = rollout.fleet.boards["first"]
    gates = (Gate("in-sync"),)
    for purpose, number in (("survey", 3), ("probe", 4)):
        first.slow_survey = 60
        task = rollout.task(NAMES[:1], purpose, number, gates=gates)  # type: ignore[arg-type]
        boards = rollout.boards = rollout.controller()
        boards.send(task)
        runs = rollout.folder(task).runs
        until(partial(has_any, runs), "its first run", 30)
        (process,) = boards._processes
        process.kill()
        process.wait()
        first.slow_survey = 0
        # Another controller takes it up, while the run of the dead process may still end.
        rollout.boards = rollout.controller()
        if purpose == "survey":
            assert rollout.sent(task) == {"first": "untouched"}
        else:
            assert rollout.gates(task) == {"in-sync": ("fail", ("first",))}
        assert len(rollout.boards._processes) < 2
    assert rollout.git("worktree", "list").count("\n") == 0


def test_the_record_of_a_board_says_what_an_attempt_has_done(rollout: RolloutFleet) -> None:
    rollout.commit(a="second\n")
    rollout.plan()
    assert rollout.boards
    first, second, _ = rollout.fleet.boards.values()
    task = rollout.task(NAMES[:1])
    assert rollout.sent(task) == {"first": "changed"}
    (done,) = rollout.done(task)
    *_, last = (first.folder / "state/audit.jsonl").read_bytes().splitlines()
    line = json.loads(last)
    assert done.data["audit"] == {"seq": line["seq"], "head": hashlib.sha256(last).hexdigest()}
    assert (done.data["token"], line["rollout"]) == (line["token"], "r1")
    again = rollout.task(NAMES[:1], number=1, attempt=2)
    assert rollout.sent(again) == {"first": "changed-before"}
    # Its process dies between the change of a board and the end of its record.
    changes: list[str] = []

    def is_second(title: str) -> bool:
        if "survey" not in title and title != "true":
            changes.append(title)
        return len(changes) > 1

    second.hangs = is_second
    task = rollout.task(NAMES[1:2], number=2)
    rollout.boards.send(task)
    until(lambda: len(changes) > 1, "the script of its record", 60)
    (process,) = [one for one in rollout.boards._processes if one.poll() is None]
    process.kill()
    process.wait()
    assert rollout.outcomes(task) == {"second": "unknown"}
    second.hangs = lambda _: False
    outcomes = {"first": "changed-before", "second": "begun", "third": "untouched"}
    assert rollout.sent(rollout.task(NAMES, "survey", 3)) == outcomes


def test_a_host_that_is_let_go_gets_nothing_new(rollout: RolloutFleet) -> None:
    rollout.commit(a="second\n")
    rollout.plan()
    assert rollout.boards
    hanging(rollout, "first")
    task = rollout.task(NAMES[:2])
    rollout.boards.send(task)
    assert rollout.outcomes(task, ["second"]) == {"second": "changed"}
    rollout.boards.cancel(task.id, ["first"])
    rollout.fleet.boards["first"].goes_on.set()
    assert rollout.outcomes(task)["first"] in {"failed", "lost"}
    # What is sent after the script that was running is the record, with this commit.
    assert task.commit not in rollout.fleet.boards["first"].text("state/applied.json")
    assert task.commit in rollout.fleet.boards["second"].text("state/applied.json")
