"""A rollout whose store is lost, on boards whose records lie: each is read within bounds."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.hostile_text import TEXTS
from tests.support.rollout_tasks import WHERE, RolloutFleet, rollout_fleet

NAMES = ("first", "second", "third")


@pytest.fixture
def rollout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RolloutFleet]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    with rollout_fleet(tmp_path, *NAMES) as found:
        yield found


def lose(rollout: RolloutFleet) -> None:
    """Another computer: neither store, nor folders of tasks."""
    shutil.rmtree(rollout.fleet.scratch / "state")


def planned(rollout: RolloutFleet) -> dict[str, Any]:
    rollout.commit(a="second\n")
    made = rollout.fleet.call("rollout", "plan", WHERE, "--from-boards", "-o", "rollout.json")
    assert made.status == 2, made.err
    found: dict[str, Any] = json.loads((rollout.fleet.scratch / "rollout.json").read_text())
    return found


def record(rollout: RolloutFleet, name: str) -> Path:
    return rollout.fleet.scratch / f"boards/{name}/state/applied.json"


def changes(rollout: RolloutFleet, name: str) -> Counter[str]:
    """How often the file of the role was changed by each rollout, as the audit log has it."""
    lines = rollout.fleet.boards[name].audit
    return Counter(line.get("rollout", "") for line in lines if line["did"].endswith("/a"))


def test_it_goes_on_elsewhere_and_changes_no_board_twice(rollout: RolloutFleet) -> None:
    call = rollout.fleet.call
    plan = planned(rollout)
    name = plan["rollout"]["id"]
    done = call("rollout", "start", "rollout.json")
    assert done.status == 0, done.out + done.err
    lose(rollout)
    resumed = call("rollout", "resume", "--from-boards", "rollout.json", "--json")
    assert resumed.status == 0, resumed.out + resumed.err
    said = json.loads(resumed.out)
    assert {one["outcome"] for one in said["hosts"]} == {"changed-before"}
    assert (said["rebuilt"], {one["attempt"] for one in said["hosts"]}) == (True, {1})
    assert {board: changes(rollout, board)[name] for board in NAMES} == dict.fromkeys(NAMES, 1)
    # What it has taken back, it does not begin again.
    back = call("rollout", "undo", name, "--all", "--reason", "it is slow")
    assert back.status == 0, back.err
    assert call("rollout", "resume", name).status == 4
    assert json.loads(record(rollout, "first").read_text())["taken_back"] == name
    assert "taken back" in rollout.fleet.boards["first"].audit[-1]["reason"]
    lose(rollout)
    again = call("rollout", "resume", "--from-boards", "rollout.json")
    assert again.status == 4, again.out + again.err
    assert "before its store was lost" in again.out
    assert {board.text("a") for board in rollout.fleet.boards.values()} == {"first\n"}


def test_what_was_taken_back_is_not_applied_again_by_a_job(rollout: RolloutFleet) -> None:
    """Each from a computer that knows the boards alone."""
    call, boards = rollout.fleet.call, rollout.fleet.boards
    name = planned(rollout)["rollout"]["id"]
    assert call("rollout", "start", "rollout.json").status == 0
    assert call("rollout", "undo", name, "--all", "--reason", "it is slow").status == 0
    assert call("rollout", "resume", name).status == 4
    lose(rollout)
    spec = "inventory/lab.yaml"
    looked = call("plan", spec)
    assert looked.status == 2
    assert "has taken the commit" in " ".join(looked.out.split())
    applied = call("apply", "-y", spec, run="again")
    assert applied.status == 3, applied.out + applied.err
    by_hand = call("-y", "inventory/lab.py", "deploys/llm.py", program="pyinfra")
    assert by_hand.status != 0
    assert {board.text("a") for board in boards.values()} == {"first\n"}
    made = call("rollout", "plan", WHERE, "--from-boards", "-o", "rollout.json")
    assert made.status == 2
    begun = call("rollout", "start", "rollout.json")
    assert (begun.status, "taken back from" in begun.err) == (8, True)
    # What is not that commit goes, and the reason lifts it.
    rollout.commit(a="third\n")
    assert call("apply", "-y", spec).status == 0
    rollout.git("reset", "-q", "--hard", "HEAD~1")
    assert call("apply", "-y", spec).status == 3, "the same commit, and still with no reason"
    words = ("-y", "inventory/lab.py", "deploys/llm.py", "--data", "again=there is room now")
    assert call(*words, program="pyinfra").status == 0
    assert boards["first"].audit[-1]["reason"] == "there is room now"
    assert call("apply", "-y", spec).status == 0


def test_a_record_that_lies_changes_nothing_around_it(rollout: RolloutFleet) -> None:
    call = rollout.fleet.call
    plan = planned(rollout)
    lies = {"rollout": "".join(TEXTS.values()), "commit": "f" * 40 + "\x1b[2J" * 99, "attempt": -1}
    one = json.loads(record(rollout, "first").read_text())
    record(rollout, "first").write_text(json.dumps({**one, **lies}))
    two = json.loads(record(rollout, "second").read_text())
    mine = {"rollout": plan["rollout"]["id"], "attempt": 10**9}
    record(rollout, "second").write_text(json.dumps({**two, **mine}))
    record(rollout, "third").write_text(json.dumps({**two, **mine, "attempt": 10**40}))
    done = call("rollout", "resume", "--from-boards", "rollout.json", "--json")
    said = json.loads(done.out)
    found = {one["name"]: one for one in said["hosts"]}
    assert found["first"]["outcome"] == "refused"
    assert "was applied to it by the rollout" in found["first"]["detail"]
    assert len(found["first"]["detail"]) < 400
    # It says that this rollout has begun it, and it has nothing of it: a failure of its own.
    assert found["second"]["outcome"] == "failed"
    assert found["second"]["attempt"] == 999
    assert found["third"]["outcome"] == "refused"
    assert "names no commit any more" in found["third"]["detail"]
    assert all(text.isprintable() for text in (done.out + done.err).split("\n"))
