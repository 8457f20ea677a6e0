"""The store of rollouts: private, append-only, and never half written."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from jetfleet.errors import FleetError
from jetfleet.rollout import events
from jetfleet.rollout.bounded import bounded
from jetfleet.rollout.store import About, InTheWay, Store, default_path
from jetfleet.rollout.store.encode import event_data, read_event
from tests.support.rollouts import rollout_of

ALL: list[events.Event] = [
    events.Opened(1.5, "ada"),
    events.Rebuilt(1.5, "ada", "1f-"),
    events.Sent(2, "r1/0-apply/1", "apply", "here", ("a", "b"), 0, 1, 1000),
    events.Begun(2, "a", "r1/0-apply/1"),
    events.Heard(3, ("a", "b")),
    events.Done(4, "a", "r1/0-apply/1", "changed", "all \u2028 well", {"token": 7}),
    events.Marked(5, "b", "lost", "silent"),
    events.GateRead(6, 0, "r1/1-probe/1", "verified", "fail", ("a",), {"ratio": 0.8}),
    events.Judged(7, 0, "fail", "because", "ada"),
    events.Halted(8, "because", ("a", "b")),
    events.Paused(9, "ada", "lunch"),
    events.Resumed(9, "ada", ""),
    events.Aborted(9, "ada", "enough"),
    events.CatchUp(9, "", ("b",)),
    events.Retried(9, "ada", "again", 0),
    events.SiteSeen(9, "here"),
    events.Ended(10, "halted", "because"),
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state" / "rollouts.sqlite")


def created(store: Store, **more: object) -> object:
    rollout = rollout_of([1, 2], **more)
    store.create(rollout, About("ada", 1.0))
    return rollout


def test_every_kind_of_event_comes_back(store: Store) -> None:
    rollout = rollout_of([1, 2])
    store.create(rollout, About("ada", 1.0))
    assert {type(event) for event in ALL} == set(events.KINDS.values())
    store.add(rollout, ALL)
    again = Store(store.path)
    assert [event for _, event in again.events("r1")] == ALL
    assert again.rollout("r1") == rollout
    assert [number for number, _ in again.events("r1", after=15)] == [16, 17]


def test_only_the_owner_can_read_it(store: Store) -> None:
    created(store)
    for path in store.path.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700


def test_it_is_in_the_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_path() == tmp_path / "jetfleet/rollouts.sqlite"


@pytest.mark.parametrize(
    "what",
    ["update event set kind = 'x'", "delete from event", "update rollout set plan = 'x'",
     "delete from block"],
)  # fmt: skip
def test_rows_are_never_changed(store: Store, what: str) -> None:
    rollout = rollout_of([1, 2])
    store.create(rollout, About("ada", 1.0))
    store.add(rollout, ALL)
    with sqlite3.connect(store.path) as other, pytest.raises(sqlite3.DatabaseError, match="added"):
        other.execute(what)


def test_nothing_is_added_on_what_has_not_been_heard(store: Store) -> None:
    rollout = rollout_of([1, 2])
    store.create(rollout, About("ada", 1.0))
    store.add(rollout, ALL[:1])
    other = Store(store.path)
    other.add(rollout, [events.Paused(2, "eve", "wait")])
    assert store.add(rollout, ALL[1:2], seen=1) is None
    assert store.last("r1") == 2
    assert store.add(rollout, ALL[1:2], seen=2) == [(3, ALL[1])]


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    rollout = rollout_of([1, 2])
    store.create(rollout, About("ada", 1.0))
    broken = events.Done(3, "a", "t", "changed", data={"x": object()})
    with pytest.raises(Exception, match="serialize"):
        store.add(rollout, [ALL[0], broken])
    assert store.events("r1") == []
    store.add(rollout, ALL[:1])


def test_a_rollout_is_over_once_it_has_ended_and_not_taken_up_again(store: Store) -> None:
    rollout = rollout_of([1, 2])
    store.create(rollout, About("ada", 1.0))
    states = []
    for event in (ALL[0], ALL[16], ALL[13], ALL[16]):
        store.add(rollout, [event])
        states.append(store.rollouts()[0].over)
    assert states == [False, True, False, True]


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rollouts.sqlite"
    path.write_text("not a database, and long enough to be read as one" * 100)
    with pytest.raises(FleetError, match="cannot be opened as the store"):
        Store(path)


def test_a_later_form_is_refused(store: Store) -> None:
    with sqlite3.connect(store.path) as other:
        other.execute("pragma user_version = 99")
    with pytest.raises(FleetError, match="later version"):
        Store(store.path)


def test_an_unknown_rollout_names_the_last_ones(store: Store) -> None:
    created(store)
    with pytest.raises(FleetError, match="the last ones are r1"):
        store.rollout("r2")


@pytest.mark.parametrize(("kind", "data"), [("later", "{}"), ("done", "{}"), ("done", "[")])
def test_an_event_that_cannot_be_read_is_named(kind: str, data: str) -> None:
    with pytest.raises(FleetError, match=kind):
        read_event(kind, 0, data)


def test_a_lock_that_was_left_names_no_one_and_holds_nobody(store: Store) -> None:
    rollout = rollout_of([1, 2])
    with store.control(rollout, "ada"):
        pass
    lock = next(store.path.parent.glob("*.lock"))
    lock.write_text("\x1b[31m{")
    with store.control(rollout, "eve"), pytest.raises(InTheWay, match="eve"):
        store.control(rollout, "ada").__enter__()


def test_what_a_hostile_board_reports_is_bounded() -> None:
    done = events.Done(1, "a", "t", "changed", "\x1b[2Jwiped\n" * 1000, {"x": "y" * 100_000})
    kept = bounded(done)
    assert isinstance(kept, events.Done)
    assert len(kept.detail) <= 1000
    assert kept.detail.isprintable()
    assert kept.data == {"left_out": True}
    assert bounded(events.Heard(1, ("a",))) == events.Heard(1, ("a",))
    assert len(event_data(kept)) < 2000
