"""Tasks of a rollout on boards of loopback: their fleet in a git clone, and what they report."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from jetfleet.rollout.boards import Task
from jetfleet.rollout.events import Done, GateRead, News, Purpose
from jetfleet.rollout.here.boards import BoardsHere
from jetfleet.rollout.here.folder import TaskFolder
from jetfleet.rollout.here.reviewed import Reviewed
from tests.support.loopback import LoopbackFleet, loopback

WHERE = "inventory/rollout.yaml"
FILE = """version: 1
spec: lab.yaml
stage: never
waves: [{name: canary, hosts: {per: class, count: 1}}, {name: rest, hosts: 100%}]
gates: {quick: [verified, in-sync]}
"""
DEPLOY = """from jetfleet.converge import apply
from jetfleet.roles import record
from roles import notes

apply(notes, record)
"""
REVIEW = """import sys
from pathlib import Path
from jetfleet.plan.make import Request
from jetfleet.rollout.here.review import review
from jetfleet.run.interrupt import Interrupt
reviewed, _, folder = review(Request(*map(Path, sys.argv[1:])), Interrupt(terminals=()))
folder.end(0)
print(reviewed.json_text())
"""
IGNORED = "/boards\n/state\n/runs\n__pycache__\n/key\n"


@dataclass
class RolloutFleet:
    """A fleet in a clone, the boards here, and the tasks that they were sent."""

    fleet: LoopbackFleet
    reviewed: Reviewed | None = None
    boards: BoardsHere | None = None
    seen: list[News] = field(default_factory=list)

    def commit(self, **files: str) -> str:
        """Let the role want these files, and commit that."""
        self.fleet.want(**files)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "another state", "--allow-empty")
        return self.git("rev-parse", "HEAD")

    def git(self, *words: str) -> str:
        named = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
        command = ["git", "-C", str(self.fleet.scratch), *named, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def plan(self) -> Reviewed:
        """Review a rollout of what is committed, and have boards for it."""
        # In a process of its own: this one has modules of another fleet's roles.
        words = [sys.executable, "-c", REVIEW, str(self.fleet.spec), str(self.fleet.deploy)]
        done = subprocess.run(words, cwd=self.fleet.scratch, stdout=subprocess.PIPE, check=True)
        self.reviewed = Reviewed.model_validate_json(done.stdout)
        self.boards = self.controller()
        return self.reviewed

    def controller(self) -> BoardsHere:
        """The boards as another controller has them, which knows of no task yet."""
        assert self.reviewed
        return BoardsHere(self.reviewed, self.fleet.spec, self.rollouts)

    @property
    def rollouts(self) -> Path:
        return self.fleet.scratch / "state/rollouts"

    def task(
        self, hosts: Sequence[str] = (), purpose: Purpose = "apply", number: int = 0, **more: object
    ) -> Task:
        assert self.reviewed
        given = {
            "id": f"r1/{number}-{purpose}/1", "purpose": purpose, "rollout": "r1",
            "plan": self.reviewed.sha256, "commit": self.reviewed.commit, "site": "here",
            "hosts": tuple(hosts) or tuple(self.fleet.boards), "wave": 0, "attempt": 1,
        }  # fmt: skip
        return Task(**{**given, **more})  # type: ignore[arg-type]

    def folder(self, task: Task) -> TaskFolder:
        return TaskFolder.of(self.rollouts, task.id)

    def sent(self, task: Task) -> dict[str, str]:
        """Outcomes by host of a task that is sent now, once all have one."""
        assert self.boards
        self.boards.send(task)
        return self.outcomes(task)

    def outcomes(self, task: Task, hosts: Sequence[str] = ()) -> dict[str, str]:
        """Outcomes by host once these, or all of the task, have one."""
        wanted = set(hosts or task.hosts)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            done = {one.host: one for one in self.done(task)}
            if wanted <= set(done):
                return {name: done[name].outcome for name in sorted(done)}
            self.hear()
        log = self.folder(task).log
        said = log.read_text(encoding="utf-8") if log.exists() else ""
        raise AssertionError(f"no end of {wanted - set(done)}: {self.seen}\n{said}")

    def gates(self, task: Task) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Verdicts and hosts by gate of a probe that is sent now, once all gates have one."""
        assert self.boards
        self.boards.send(task)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            read = [one for one in self.seen if isinstance(one, GateRead) and one.task == task.id]
            if len(read) == len(task.gates):
                return {one.gate: (one.verdict, one.hosts) for one in read}
            self.hear()
        raise AssertionError(self.seen)

    def hear(self) -> None:
        assert self.boards
        self.seen += self.boards.news(0.5)

    def done(self, task: Task) -> list[Done]:
        return [one for one in self.seen if isinstance(one, Done) and one.task == task.id]

    def detail(self, task: Task, host: str) -> str:
        return next(one.detail for one in self.done(task) if one.host == host)


@contextmanager
def rollout_fleet(scratch: Path, *names: str) -> Iterator[RolloutFleet]:
    """Start boards with these names; each has what is committed: one file, and waves for it."""
    with loopback(scratch, *names) as fleet:
        fleet.deploy.write_text(DEPLOY, encoding="utf-8")
        (scratch / ".gitignore").write_text(IGNORED, encoding="utf-8")
        (scratch / WHERE).write_text(FILE, encoding="utf-8")
        found = RolloutFleet(fleet)
        found.git("init", "-q")
        found.commit(a="first\n")
        applied = fleet.call("apply", "-y", "inventory/lab.yaml")
        assert applied.status == 0, applied.out + applied.err
        try:
            yield found
        finally:
            for board in fleet.boards.values():
                board.goes_on.set()
            processes = list(found.boards._processes) if found.boards else []
            for process in processes:
                process.terminate()
                process.wait(60)
