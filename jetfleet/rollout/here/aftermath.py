"""What is reported of a task whose process has died: what its files say, and no guess."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from jetfleet.events.event import Started
from jetfleet.events.read import events_of
from jetfleet.rollout.events import CHANGES, Begun, Done, GateRead
from jetfleet.rollout.here.clone import Clone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jetfleet.rollout.boards import Task
    from jetfleet.rollout.events import News
    from jetfleet.rollout.here.folder import TaskFolder

DIED = "the process of its task died"


def close(folder: TaskFolder) -> None:
    """Report how the hosts stand that have not ended; the caller holds the lock of the folder.

    A host on which a change has begun is ``unknown``, one on which none has is ``untouched``: a
    later task asks the board, and does what is left.
    """
    task, *_ = folder.read()
    folder.report(_rest(folder, task))
    tidy(folder)
    folder.end()


def tidy(folder: TaskFolder) -> None:
    """Remove the files of commits that a process has left; the caller holds the lock."""
    if not folder.trees.is_dir():
        return
    *_, spec = folder.read()
    clone = Clone.of(spec)
    if clone:
        for tree in folder.trees.iterdir():
            clone.forget(tree)
    folder.remove_trees()


def _rest(folder: TaskFolder, task: Task) -> Iterator[News]:
    news, _ = folder.news()
    ended = {one.host for one in news if isinstance(one, Done)}
    begun = {one.host for one in news if isinstance(one, Begun)}
    now = time.time()
    if task.purpose == "probe":
        read = {one.gate for one in news if isinstance(one, GateRead)}
        for gate in task.gates:
            if gate.name not in read:
                yield GateRead(now, task.wave, task.id, gate.name, "no-data")
        return
    for host in task.hosts:
        if host in ended:
            continue
        has_begun = host in begun
        if not has_begun and task.purpose in CHANGES and _has_started(folder.runs, host):
            has_begun = True
            yield Begun(now, host, task.id)
        yield Done(now, host, task.id, _OUTCOMES[task.purpose][has_begun], DIED)


_OUTCOMES = {
    "apply": ("untouched", "unknown"),
    "survey": ("unreachable", "unreachable"),
    "undo": ("cut-off", "cut-off"),
    "stage": ("not-staged", "not-staged"),
}
"""By purpose: of a host on which no change has begun, and of one on which one has."""


def _has_started(runs: Path, host: str) -> bool:
    """Tell whether an event says that a change began; one that cannot be read may be it."""
    try:
        return any(
            isinstance(event, Started)
            for run in runs.glob("*-apply")
            for event in events_of(run, host)
        )
    except FleetError:
        return True
