"""The folder of a task: what it is, what its process has reported, and whether that still runs.

Everything that anyone knows of a task stands here, so a controller that comes later finds it. The
process of a task, and each pyinfra that it starts, hold the lock of the folder: the kernel frees it
however they end.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.atomic_write import atomic_write
from jetfleet.errors import FleetError
from jetfleet.rollout.events import CHANGES, Done
from jetfleet.rollout.here.news import read_news, task_data, task_of, written
from jetfleet.rollout.here.reviewed import Reviewed, read_reviewed
from jetfleet.text import read_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jetfleet.rollout.boards import Task
    from jetfleet.rollout.events import News

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class TaskFolder:
    """One task of a rollout; `path` need not be there yet."""

    path: Path

    @classmethod
    def of(cls, rollouts: Path, task: str) -> TaskFolder:
        """Return the folder of a task below the folder of all rollouts.

        Raise `FleetError` if its id could not be the name of a folder.
        """
        parts = task.split("/")
        if not all(map(_PART.fullmatch, parts)):
            raise FleetError(
                f"{task!r} is not the id of a task: write letters, digits, . _ - and /"
            )
        return cls(rollouts.joinpath(*parts))

    def make(self, task: Task, reviewed: Reviewed, spec: Path) -> None:
        """Write down a task; do nothing if it is there already.

        `spec` is the spec as it is on this computer.
        """
        if self._about.exists():
            return
        of_all = self._of_rollout(task, reviewed)
        # It holds text of files of boards, which other users must not read.
        for folder in (*reversed(self.path.parents), self.path, self.let_go, self.runs):
            if not folder.exists():
                folder.mkdir(mode=0o700, exist_ok=True)
        if not of_all.exists():
            atomic_write(of_all, reviewed.json_text())
        about = {
            "schema": 1,
            "task": task_data(task),
            "reviewed": str(of_all),
            "spec": str(spec.absolute()),
        }
        atomic_write(self._about, json.dumps(about, ensure_ascii=False, indent=2) + "\n")

    def read(self) -> tuple[Task, Reviewed, Path]:
        """Return the task, what was reviewed, and the spec; `FleetError` if they are damaged."""
        try:
            about = read_object(self._about.read_bytes())
            task, spec, path = task_of(about["task"]), Path(about["spec"]), Path(about["reviewed"])
        except (OSError, ValueError, TypeError, LookupError) as error:
            raise FleetError(f"{self._about} cannot be read ({error}): it is damaged") from error
        return task, read_reviewed(path), spec

    @contextmanager
    def locked(self) -> Iterator[int | None]:
        """Yield a descriptor that holds the lock, for a process to inherit; None if it is held."""
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield descriptor if _taken(descriptor) else None
        finally:
            # A process that has inherited it holds it on.
            os.close(descriptor)

    @property
    def has_begun(self) -> bool:
        """Whether a process of the task has been at work, perhaps a dead one."""
        return (self.path / "begun").exists()

    def begin(self) -> None:
        """Note that a process is at work: no other one begins the task after it."""
        atomic_write(self.path / "begun", f"{os.getpid()}\n")

    @property
    def has_ended(self) -> bool:
        """Whether everything that is to be reported has been."""
        return (self.path / "ended").exists()

    def end(self) -> None:
        """Note that everything has been reported, and remove what only the work needed."""
        atomic_write(self.path / "ended", "")

    def report(self, news: Iterable[News]) -> None:
        """Add news, each as one line that is on the disk at once; only the process does so."""
        text = "".join(map(written, news))
        if not text:
            return
        with self._news.open("a+b") as file:
            if file.tell() and not _ends_a_line(file.fileno(), file.tell()):
                text = f"\n{text}"  # half a line of a process that died
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())

    def news(self, offset: int = 0) -> tuple[list[News], int]:
        """Return what was reported from an offset on, and the offset of what comes next."""
        try:
            with self._news.open("rb") as file:
                file.seek(offset)
                lines, newline, _ = file.read().rpartition(b"\n")
        except FileNotFoundError:
            return [], offset
        found = [read_news(line) for line in lines.splitlines()]
        return [one for one in found if one is not None], offset + len(lines) + len(newline)

    @property
    def let_go(self) -> Path:
        """The folder with a file for each host that is waited for no longer."""
        return self.path / "let-go"

    def let(self, hosts: Iterable[str]) -> None:
        """Note hosts that are waited for no longer."""
        known = set(self.read()[0].hosts)
        for host in known.intersection(hosts):
            (self.let_go / host).touch(mode=0o600)

    @property
    def runs(self) -> Path:
        """The folder of its runs of pyinfra."""
        return self.path / "runs"

    @property
    def readings(self) -> Path:
        """The folder of what was read of boards around their changes."""
        return self.path / "readings"

    def applies(self, task: Task) -> list[TaskFolder]:
        """Return the folders of the tasks of its rollout that change boards."""
        return [TaskFolder(path) for path in self._rollout(task).glob("*-apply/*")]

    def working(self, task: Task) -> set[str]:
        """Return the hosts that other tasks of its rollout change now, on this computer."""
        found: set[str] = set()
        for path in self._rollout(task).glob("*/*/task.json"):
            other = TaskFolder(path.parent)
            if other.path != self.path and other.is_alive:
                found |= set(other.changing())
        return found

    def changing(self) -> Iterator[str]:
        """Yield the hosts that it changes and has reported no end of."""
        with suppress(FleetError):
            task, *_ = self.read()
            if task.purpose in CHANGES:
                ended = {one.host for one in self.news()[0] if isinstance(one, Done)}
                yield from (host for host in task.hosts if host not in ended)

    @property
    def is_alive(self) -> bool:
        """Whether a process of the task is at work."""
        with self.locked() as lock:
            return lock is None

    def baselines(self, task: Task) -> Path:
        """Return the folder of what was measured in all rollouts of this user."""
        return self.path.parents[len(task.id.split("/"))] / "probes"

    @property
    def trees(self) -> Path:
        """The folder of the files of commits."""
        return self.path / "trees"

    @property
    def log(self) -> Path:
        """What its process has printed: errors only."""
        return self.path / "log"

    def remove_trees(self) -> None:
        """Remove the folder of `trees`."""
        shutil.rmtree(self.trees, ignore_errors=True)

    @property
    def _about(self) -> Path:
        return self.path / "task.json"

    def _of_rollout(self, task: Task, reviewed: Reviewed) -> Path:
        """Return the path of what was reviewed, which all tasks of the rollout share."""
        return self._rollout(task) / f"reviewed-{reviewed.sha256[:16]}.json"

    def _rollout(self, task: Task) -> Path:
        """Return the folder of all tasks of its rollout."""
        return self.path.parents[len(task.id.split("/")) - 2]

    @property
    def _news(self) -> Path:
        return self.path / "news.jsonl"


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _ends_a_line(descriptor: int, size: int) -> bool:
    return os.pread(descriptor, 1, size - 1) == b"\n"
