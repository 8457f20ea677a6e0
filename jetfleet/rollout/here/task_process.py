"""The process of a task: ``python -m jetfleet.rollout.here.task_process FOLDER LOCK``.

It outlives the controller that has started it. It reports into the folder alone.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.environment import BESIDE, LET_GO, PHASE, PLAN, RUN_FOLDER
from jetfleet.rollout.here.around import Around
from jetfleet.rollout.here.ask import Ended, Target
from jetfleet.rollout.here.batch import Batch
from jetfleet.rollout.here.clone import Clone
from jetfleet.rollout.here.folder import TaskFolder
from jetfleet.rollout.here.needs import Needs
from jetfleet.rollout.here.probing import Probing
from jetfleet.rollout.here.reports import TaskReports
from jetfleet.rollout.here.runs import TaskRuns
from jetfleet.rollout.here.works import NEW_PLAN, applied, staged, surveyed, undone, with_board

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.rollout.boards import Task
    from jetfleet.rollout.here.ask import Steps
    from jetfleet.rollout.here.reviewed import HostReview, Reviewed

_BITS = 8
"""Of a byte: a rollout has rates of lines, in bits, and a run those of transfers."""


def main(folder: TaskFolder, lock: int) -> None:
    """Carry out the task of a folder, whose lock is held by a descriptor."""
    os.umask(0o077)
    # As after Ctrl-C: runs are ended, and the files of commits are removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder.begin()
    task, reviewed, spec = folder.read()
    os.environ.update({BESIDE: str(spec), LET_GO: str(folder.let_go)})
    for variable in (RUN_FOLDER, PHASE, PLAN):
        os.environ.pop(variable, None)
    reports = TaskReports(folder, task)
    clone = Clone.of(spec)
    with ExitStack() as stack:
        runs = TaskRuns(folder, reviewed, clone, lock, stack, reports.begun)
        if task.purpose == "probe":
            targets = dict(_targets(task, reviewed, clone))
            folder.report(list(Probing(task, folder, runs, reports, targets).reads()))
        else:
            works = {host: work_of(task, reviewed, host, clone, folder) for host in task.hosts}
            works = {host: with_board(work) for host, work in works.items()}
            works |= _beside(task, reviewed, clone, folder)
            Batch(runs, reports, works).run()
    folder.end()


def _targets(task: Task, reviewed: Reviewed, clone: Clone | None) -> Iterator[tuple[str, Target]]:
    """Yield what is on each board that a probe asks; a plan that was not reviewed has none."""
    if (reviewed.sha256, reviewed.commit) != (task.plan, task.commit):
        return
    for name in task.hosts:
        yield name, Target(reviewed.commit, reviewed.data)
    for name in task.controls:
        if earlier := _earlier(reviewed, name, clone):
            yield name, earlier


def _earlier(reviewed: Reviewed, name: str, clone: Clone | None) -> Target | None:
    """Return the commit that was on a host at the plan; None if nobody has it."""
    host = reviewed.by_host.get(name)
    if host is None or clone is None or not clone.has(host.before):
        return None
    return Target(host.before, reviewed.data)


def _beside(
    task: Task, reviewed: Reviewed, clone: Clone | None, folder: TaskFolder
) -> dict[str, Steps]:
    """Return the work on hosts that are measured, and not changed, in the same minutes."""
    needs = Needs.of(task.gates)
    if task.purpose != "apply" or not needs.measures:
        return {}
    around = {
        name: Around(name, needs, earlier, folder, folder.baselines(task))
        for name in task.controls
        if (earlier := _earlier(reviewed, name, clone))
    }
    return {name: _measured(one) for name, one in around.items()}


def _measured(around: Around) -> Steps:
    if around.earlier:
        yield from around.before(around.earlier)
    return Ended("read")


def work_of(
    task: Task, reviewed: Reviewed, name: str, clone: Clone | None, folder: TaskFolder
) -> Steps:
    """Return the work of a task on a host."""
    host = reviewed.by_host.get(name)
    if host is None or (reviewed.sha256, reviewed.commit) != (task.plan, task.commit):
        return _at_once(Ended(_turned_away(task), f"another plan was reviewed here: {NEW_PLAN}"))
    data = reviewed.data
    target = Target(reviewed.commit, data)
    if task.purpose == "survey":
        if name in folder.working(task):
            return _at_once(Ended("busy", "another task of this rollout is at work on it here"))
        return surveyed(target, task.rollout, host.before)
    if task.rate:
        data = (*data, f"rate={max(1, task.rate // _BITS)}")
    if task.purpose == "undo":
        back = (f"taken-back={task.rollout}", f"taken-commit={task.commit}")
        return _undone(host, (*data, *back), clone)
    if task.purpose == "stage":
        return staged(Target(reviewed.commit, (*data, "stage=yes")))
    named = (f"rollout={task.rollout}", f"attempt={max(1, task.attempt)}")
    needs, earlier = Needs.of(task.gates), _earlier(reviewed, name, clone)
    around = Around(name, needs, earlier, folder, folder.baselines(task))
    return applied(Target(reviewed.commit, (*data, *named)), host, task.rollout, around)


def _turned_away(task: Task) -> str:
    ends = {"survey": "unreachable", "undo": "undo-failed", "stage": "not-staged"}
    return ends.get(task.purpose, "refused")


def _undone(host: HostReview, data: tuple[str, ...], clone: Clone | None) -> Steps:
    if host.no_way_back:
        return _at_once(Ended("no-way-back", host.no_way_back))
    if clone is None or not clone.has(host.before):
        return _at_once(Ended("no-way-back", "the commit that it had is not in this clone"))
    # Its record does not name the rollout from then on: what is on the board is not of it.
    return undone(Target(host.before, data))


def _at_once(ended: Ended) -> Steps:
    return ended
    yield


if __name__ == "__main__":
    main(TaskFolder(Path(sys.argv[1])), int(sys.argv[2]))
