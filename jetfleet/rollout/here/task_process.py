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
from jetfleet.rollout.here.ask import Ended, Target
from jetfleet.rollout.here.batch import Batch
from jetfleet.rollout.here.clone import Clone
from jetfleet.rollout.here.folder import TaskFolder
from jetfleet.rollout.here.probing import gate_reads, probed
from jetfleet.rollout.here.reports import TaskReports
from jetfleet.rollout.here.runs import TaskRuns
from jetfleet.rollout.here.works import NEW_PLAN, applied, staged, surveyed, undone

if TYPE_CHECKING:
    from jetfleet.rollout.boards import Task
    from jetfleet.rollout.here.ask import Steps
    from jetfleet.rollout.here.reviewed import HostReview, Reviewed


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
        works = {host: work_of(task, reviewed, host, clone) for host in task.hosts}
        Batch(runs, reports, works).run()
        if task.purpose == "probe":
            folder.report(gate_reads(task, reports.ends))
    folder.end()


def work_of(task: Task, reviewed: Reviewed, name: str, clone: Clone | None) -> Steps:
    """Return the work of a task on a host."""
    host = reviewed.by_host.get(name)
    if host is None or (reviewed.sha256, reviewed.commit) != (task.plan, task.commit):
        return _at_once(Ended(_turned_away(task), f"another plan was reviewed here: {NEW_PLAN}"))
    data = reviewed.data
    target = Target(reviewed.commit, data)
    if task.purpose == "survey":
        return surveyed(target, task.rollout)
    if task.purpose == "probe":
        return probed(target)
    if task.purpose == "undo":
        return _undone(host, data, clone)
    if task.purpose == "stage":
        return staged(Target(reviewed.commit, (*data, "stage=yes")))
    named = (f"rollout={task.rollout}", f"attempt={max(1, task.attempt)}")
    return applied(Target(reviewed.commit, (*data, *named)), host, task.rollout)


def _turned_away(task: Task) -> str:
    ends = {"survey": "unreachable", "undo": "undo-failed", "stage": "not-staged"}
    return ends.get(task.purpose, "refused")


def _undone(host: HostReview, data: tuple[str, ...], clone: Clone | None) -> Steps:
    if host.no_way_back:
        return _at_once(Ended("no-way-back", host.no_way_back))
    if clone is None or not clone.has(host.before):
        return _at_once(Ended("no-way-back", "the commit that it had is not in this clone"))
    # Its record names no rollout from then on: what is on the board is not of one.
    return undone(Target(host.before, data))


def _at_once(ended: Ended) -> Steps:
    return ended
    yield


if __name__ == "__main__":
    main(TaskFolder(Path(sys.argv[1])), int(sys.argv[2]))
