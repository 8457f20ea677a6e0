"""Boards that this computer reaches: a process for each task, found again by its folder."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from platformdirs import user_state_path

from jetfleet.rollout.here import aftermath
from jetfleet.rollout.here.folder import TaskFolder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jetfleet.rollout.boards import Task
    from jetfleet.rollout.events import News
    from jetfleet.rollout.here.reviewed import Reviewed

TURN = 0.1
"""Seconds between two looks at the folders."""

_REPEATED = frozenset({"probe", "survey"})
"""Purposes of tasks that change nothing: one whose process has died is begun again, once asked."""


def rollouts_folder() -> Path:
    """Return the folder of the tasks of all rollouts of this user."""
    return user_state_path("jetfleet") / "rollouts"


@dataclass
class _Open:
    folder: TaskFolder
    offset: int = 0


@dataclass
class BoardsHere:
    """`jetfleet.rollout.boards.Boards` of this computer.

    A task is a process in a session of its own. It goes on when the controller dies, and a later
    one finds it by its folder; the lock of the folder says whether it still runs. One that has died
    while it changed boards is never begun again: what its files say is reported, see `aftermath`.

    Parameters
    ----------
    reviewed:
        What the rollout brings; a task with another hash is refused by its process.
    spec:
        The spec, in its clone, which must have the commit.
    rollouts:
        Folder of all rollouts.

    """

    reviewed: Reviewed
    spec: Path
    rollouts: Path = field(default_factory=rollouts_folder)
    _open: dict[str, _Open] = field(default_factory=dict)
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def send(self, task: Task) -> None:
        """Begin a task, or find it: what it has reported is reported again."""
        folder = TaskFolder.of(self.rollouts, task.id)
        folder.make(task, self.reviewed, self.spec)
        with folder.locked() as lock:
            if lock is not None and self._may_begin(task, folder):
                self._start(folder, lock)
        self._open[task.id] = _Open(folder)

    def _may_begin(self, task: Task, folder: TaskFolder) -> bool:
        if not folder.has_begun:
            return True
        if task.purpose not in _REPEATED or folder.has_ended:
            return False
        aftermath.tidy(folder)
        return True

    def _start(self, folder: TaskFolder, lock: int) -> None:
        words = [sys.executable, "-m", "jetfleet.rollout.here.task_process"]
        with folder.log.open("ab") as log:
            process = subprocess.Popen(
                [*words, str(folder.path), str(lock)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(lock,),
            )
        self._processes.append(process)

    def cancel(self, task: str, hosts: Sequence[str]) -> None:
        """Let hosts of a task go: what runs on them may end, and nothing new begins."""
        folder = TaskFolder.of(self.rollouts, task)
        folder.let(hosts)

    def news(self, timeout: float) -> Sequence[News]:
        """Return what has happened since the last call; wait for it for `timeout` seconds."""
        end = time.monotonic() + timeout
        while True:
            found = [news for one in list(self._open) for news in self._news_of(one)]
            left = end - time.monotonic()
            if found or left <= 0:
                return found
            time.sleep(min(TURN, left))

    def _news_of(self, task: str) -> list[News]:
        # A process that has ended is a zombie until it is waited for.
        self._processes = [one for one in self._processes if one.poll() is None]
        one = self._open[task]
        ended = one.folder.has_ended
        found, one.offset = one.folder.news(one.offset)
        if ended:
            del self._open[task]
        elif not found:
            self._close_if_dead(one.folder)
        return found

    def _close_if_dead(self, folder: TaskFolder) -> None:
        with folder.locked() as lock:
            if lock is not None and not folder.has_ended:
                aftermath.close(folder)
