"""Starts the runs of pyinfra of one task: from the files of the commit, into the task's folder."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.fleet.deploy import OURS
from jetfleet.plan.model import Plan
from jetfleet.rollout.here.live_run import LiveRun
from jetfleet.rollout.here.question import questions_text
from jetfleet.run.folder import About, Folder
from jetfleet.run.pyinfra import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import ExitStack

    from jetfleet.rollout.here.ask import Ask
    from jetfleet.rollout.here.clone import Clone
    from jetfleet.rollout.here.folder import TaskFolder
    from jetfleet.rollout.here.reviewed import Reviewed


@dataclass
class TaskRuns:
    """The runs of one task.

    Parameters
    ----------
    clone:
        Of the spec; None outside of a repository.
    lock:
        Descriptor of the task's lock, which each pyinfra inherits.
    stack:
        Removes the files of commits at its end.
    begun:
        Is called with each host on which a change begins.

    """

    folder: TaskFolder
    reviewed: Reviewed
    clone: Clone | None
    lock: int
    stack: ExitStack
    begun: Callable[[str], None]
    _trees: dict[str, Path] = field(default_factory=dict)
    _count: int = 0

    def __post_init__(self) -> None:
        """Count the runs of an earlier process of the task: theirs are kept."""
        self._count = sum(1 for _ in self.folder.runs.iterdir())

    def start(self, ask: Ask, hosts: Sequence[str], asks: Mapping[str, Ask]) -> LiveRun:
        """Start a run for hosts that ask for the same."""
        tree = self._tree(ask.target.commit)
        spec, deploy = tree / self.reviewed.spec, tree / self.reviewed.deploy
        self._count += 1
        about = About(
            command="plan" if ask.phase == "plan" else "apply",
            spec=str(spec),
            deploy=str(deploy),
            commit=ask.target.commit,
            hosts=tuple(hosts),
            began=round(time.time(), 3),
        )
        folder = Folder.make(about, self.folder.runs / f"{self._count:03}-{ask.phase}")
        job = Job(
            inventory=spec.with_suffix(".py"),
            deploy=deploy,
            hosts=hosts,
            phase=ask.phase,
            data=ask.target.data,
            folder=tree / self.reviewed.folder,
            keeps=(self.lock,),
        )
        if ask.phase == "verify":
            job = replace(job, deploy=OURS / "verify.py", data=(*job.data, f"deploy={deploy}"))
        if ask.phase == "read":
            questions = folder.path / "questions.json"
            wanted = {name: one.question for name, one in asks.items() if one.question}
            questions.write_bytes(questions_text(wanted))
            data = (*job.data, f"deploy={deploy}", f"question={questions}")
            job = replace(job, deploy=OURS / "gates.py", data=data)
        if ask.phase == "apply":
            job = replace(job, plan=folder.plan)
            folder.plan.write_text(self._plan(about, asks), encoding="utf-8")
        return LiveRun(ask.phase, job, folder, self.begun)

    def _plan(self, about: About, asks: Mapping[str, Ask]) -> str:
        """Return the plan that an apply must keep to."""
        hosts = tuple(ask.plan for ask in asks.values() if ask.plan)
        made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(about.began))
        plan = Plan(
            made=made, spec=about.spec, deploy=about.deploy, commit=about.commit, hosts=hosts
        )
        return plan.json_text()

    def _tree(self, commit: str) -> Path:
        """Return the folder with the files of a commit; they are checked out once."""
        if self.clone is None or not commit:
            return Path()
        if commit not in self._trees:
            self.folder.trees.mkdir(mode=0o700, exist_ok=True)
            files = self.clone.files_of(commit, self.folder.trees / commit[:12])
            self._trees[commit] = self.stack.enter_context(files)
        return self._trees[commit]
