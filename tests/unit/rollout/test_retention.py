"""The folders of tasks go once their rollout has been over for long, and not before."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from jetfleet.rollout import events
from jetfleet.rollout.here.retention import KEPT, remove_old
from jetfleet.rollout.store import About, Store
from tests.support.rollouts import rollout_of

ENDED = 1_000_000.0


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "rollouts.sqlite")
    rollout = rollout_of([1], catch_up_within=100.0)
    store.create(rollout, About("ada", 1.0))
    store.add(rollout, [events.Ended(ENDED, "done", "all")])
    for name in ("r1", "elsewhere"):
        task = tmp_path / f"rollouts/{name}/0-apply/1"
        task.mkdir(parents=True)
        (task / "task.json").touch()
        (task / "lock").touch()
    return store


def left(store: Store, after: float) -> list[str]:
    rollouts = store.path.with_name("rollouts")
    remove_old(store, rollouts, ENDED + after)
    return sorted(path.name for path in rollouts.iterdir())


def test_a_rollout_that_is_long_over_needs_no_folder(store: Store) -> None:
    assert left(store, KEPT - 1) == ["elsewhere", "r1"]
    assert left(store, KEPT + 1) == ["elsewhere"], "another store knows of that one"
    assert left(store, KEPT + 2) == ["elsewhere"]


def test_one_that_was_taken_up_again_keeps_its_folder(store: Store) -> None:
    rollout = store.rollout("r1")
    store.add(rollout, [events.Halted(ENDED + 1, "it is slow", (), "ada")])
    assert left(store, 2 * KEPT) == ["elsewhere", "r1"]


def test_a_task_at_work_keeps_its_folder(store: Store) -> None:
    lock = store.path.with_name("rollouts") / "r1/0-apply/1/lock"
    with lock.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert left(store, 2 * KEPT) == ["elsewhere", "r1"]
    assert left(store, 2 * KEPT) == ["elsewhere"]


def test_a_link_is_not_followed(store: Store, tmp_path: Path) -> None:
    rollouts = store.path.with_name("rollouts")
    (rollouts / "r1").rename(tmp_path / "kept")
    (rollouts / "r1").symlink_to(tmp_path / "kept")
    assert left(store, 2 * KEPT) == ["elsewhere", "r1"]
    assert (tmp_path / "kept/0-apply/1/task.json").exists()


def test_without_folders_there_is_nothing_to_do(store: Store, tmp_path: Path) -> None:
    remove_old(store, tmp_path / "none", ENDED + 2 * KEPT)
