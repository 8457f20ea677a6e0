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
"""Purposes of tasks that change nothing: one whose process has died is begun again."""

_BEGINS = 2
"""How often a controller begins one at most: its process may die of what it does."""


def rollouts_folder() -> Path:
    """Return the folder of the tasks of all rollouts of this user."""
    return user_state_path("jetfleet") / "rollouts"


@dataclass
class _Open:
    task: Task
    folder: TaskFolder
    offset: int = 0
    begins: int = 0

    @property
    def may_begin(self) -> bool:
        """Whether a process may be started for it; the caller holds the lock of its folder."""
        if self.begins >= _BEGINS or self.folder.has_ended:
            return False
        return not self.folder.has_begun or self.task.purpose in _REPEATED


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
        one = _Open(task, folder)
        with folder.locked() as lock:
            if lock is not None and one.may_begin:
                self._start(one, lock)
        self._open[task.id] = one

    def _start(self, one: _Open, lock: int) -> None:
        one.begins += 1
        aftermath.tidy(one.folder)
        words = [sys.executable, "-m", "jetfleet.rollout.here.task_process"]
        with one.folder.log.open("ab") as log:
            process = subprocess.Popen(
                [*words, str(one.folder.path), str(lock)],
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
            self._go_on_if_dead(one)
        return found

    def _go_on_if_dead(self, one: _Open) -> None:
        with one.folder.locked() as lock:
            if lock is None or one.folder.has_ended:
                return
            if one.may_begin:
                self._start(one, lock)
            else:
                aftermath.close(one.folder)
