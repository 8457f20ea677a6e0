"""A rollout from its file to the boards by the commands alone, and in the background."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jetfleet.rollout import events
from jetfleet.rollout.store import About, Store
from tests.support.lab import until
from tests.support.rollout_tasks import WHERE, RolloutFleet, rollout_fleet
from tests.support.rollouts import rollout_of

NAMES = ("first", "second", "third")


@pytest.fixture
def rollout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RolloutFleet]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    with rollout_fleet(tmp_path, *NAMES) as found:
        yield found


def test_from_the_file_to_the_boards(rollout: RolloutFleet) -> None:
    call, boards = rollout.fleet.call, rollout.fleet.boards
    same = call("rollout", "plan", WHERE, "--from-boards")
    assert same.status == 0, same.out + same.err
    rollout.fleet.want(a="second\n")
    edited = call("rollout", "plan", WHERE, "--from-boards", "-o", "rollout.json")
    assert (edited.status, "commit first" in edited.err) == (1, True)
    commit = rollout.commit(a="second\n")
    made = call("rollout", "plan", WHERE, "--from-boards", "-o", "rollout.json", "--markdown")
    assert made.status == 2, made.err
    assert "here: 3 hosts with changes" in made.out
    plan = json.loads((rollout.fleet.scratch / "rollout.json").read_text())
    assert plan["rollout"]["commit"] == commit
    assert plan["rollout"]["fleet"] == str(rollout.fleet.spec.resolve())
    done = call("rollout", "start", "rollout.json", "--json")
    assert done.status == 0, done.out + done.err
    assert json.loads(done.out)["waves"][1]["counts"] == {"changed": 2}
    assert {board.text("a") for board in boards.values()} == {"second\n"}
    name = json.loads(done.out)["id"]
    back = call("rollout", "undo", name, "--all", "--reason", "it is slow")
    assert back.status == 0, back.err
    # In the background, from the store alone.
    begun = call("rollout", "resume", name, "--detach")
    assert begun.status == 5, begun.err
    until(lambda: call("rollout", "status", name).status == 4, "the way back", 60)
    assert {board.text("a") for board in boards.values()} == {"first\n"}


def test_a_first_apply_wants_a_word(rollout: RolloutFleet) -> None:
    call, boards = rollout.fleet.call, rollout.fleet.boards
    for record in rollout.fleet.scratch.glob("boards/first/state/applied.json"):
        record.unlink()
    boards["third"].off()
    rollout.commit(a="second\n")
    made = call("rollout", "plan", WHERE, "--from-boards", "-o", "rollout.json")
    assert made.status == 2, made.err
    assert "no way back (its record names no commit" in made.out
    assert "unreachable now" in made.out
    done = call("rollout", "start", "rollout.json")
    assert (done.status, "no way leads back on first" in done.err) == (1, True)
    assert boards["first"].text("a") == "first\n"
    done = call("rollout", "start", "rollout.json", "--accept-irreversible")
    assert done.status == 5, done.out + done.err
    assert "is inconclusive" in done.out, "a board that is off tells nothing of the change"


def test_a_job_does_not_bring_a_halted_commit_to_boards_that_never_had_it(
    rollout: RolloutFleet,
) -> None:
    call, spec = rollout.fleet.call, rollout.fleet.spec
    commit = rollout.commit(a="halted\n")
    known = replace(rollout_of([1]), fleet=str(spec.resolve()), commit=commit)
    store = Store(rollout.fleet.scratch / "state/jetfleet/rollouts.sqlite")
    store.create(known, About("ann", 1))
    store.add(known, [events.Halted(2, "2 hosts\x1b[2J have failed", ("second",))])
    before = {name: board.text("a") for name, board in rollout.fleet.boards.items()}
    done = call("apply", "-y", "--no-verify", str(spec))
    assert done.status == 1, done.out + done.err
    assert f"the rollout r1 of the commit {commit[:12]} was halted (2 hosts" in done.err
    assert "\x1b[2J" not in done.err
    assert {name: board.text("a") for name, board in rollout.fleet.boards.items()} == before
    rollout.commit(a="mended\n")
    done = call("apply", "-y", "--no-verify", str(spec))
    assert done.status == 0, done.out + done.err
    assert {board.text("a") for board in rollout.fleet.boards.values()} == {"mended\n"}
