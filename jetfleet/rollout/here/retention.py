"""How long the folders of tasks are kept once their rollout has ended."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from jetfleet.rollout.here.folder import TaskFolder

if TYPE_CHECKING:
    from pathlib import Path

    from jetfleet.rollout.store import Store

KEPT = 14 * 86400.0
"""Seconds after the last event of a rollout that is over."""


def remove_old(store: Store, rollouts: Path, now: float) -> None:
    """Remove the folders of rollouts that have been over for long; `now` is in seconds since 1970.

    They are kept while hosts may be caught up, and for `KEPT` in any case: a retry compares with
    what was read before its change. A way back needs none of them. What cannot be removed stays,
    as do folders of rollouts that are in another store.
    """
    with suppress(OSError):
        found = {path.name: path for path in rollouts.iterdir() if not path.is_symlink()}
        for one in store.rollouts():
            path = found.get(one.id)
            if path is None or not one.over or not path.is_dir():
                continue
            *_, (_, last) = store.events(one.id)
            kept = max(KEPT, store.rollout(one.id).catch_up_within)
            if now - last.at > kept and not _is_alive(path):
                shutil.rmtree(path, ignore_errors=True)


def _is_alive(path: Path) -> bool:
    """Tell whether a process of a task of a rollout is at work."""
    return any(TaskFolder(task.parent).is_alive for task in path.glob("*/*/task.json"))
