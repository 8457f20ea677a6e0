"""What the process of a task reports of its hosts, and what it hears of them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jetfleet.rollout.events import CHANGES, Begun, Done, Heard
from jetfleet.rollout.here.ask import Ended

if TYPE_CHECKING:
    from jetfleet.rollout.boards import Task
    from jetfleet.rollout.here.folder import TaskFolder

HEARD_SECONDS = 5
"""Signs of life are written down so often at most."""

_FAILED = {"apply": "refused", "survey": "unreachable", "undo": "undo-failed"}


@dataclass
class TaskReports:
    """The reports of one task, written into its folder."""

    folder: TaskFolder
    task: Task
    ends: dict[str, Ended] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)
    _heard: set[str] = field(default_factory=set)
    _written: float = 0.0

    def begun(self, host: str) -> None:
        """Note that a change begins on a host."""
        if self.task.purpose in CHANGES and host not in self._begun:
            self._begun.add(host)
            self.folder.report([Begun(time.time(), host, self.task.id)])

    def heard(self, host: str) -> None:
        """Note a sign of life of a host of the task, not of a control."""
        if host in self.task.hosts:
            self._heard.add(host)

    def ended(self, host: str, ended: Ended) -> None:
        """Note how a host has ended."""
        self._heard.discard(host)
        self.ends[host] = ended
        if self.task.purpose == "probe" or host not in self.task.hosts:
            return  # gates are read once all hosts have ended, and a control has no end
        done = Done(time.time(), host, self.task.id, ended.outcome, ended.detail, ended.data)
        self.folder.report([done])

    def turn(self) -> None:
        """Write the signs of life down that are due."""
        now = time.monotonic()
        if self._heard and now - self._written >= HEARD_SECONDS:
            self.folder.report([Heard(time.time(), tuple(sorted(self._heard)))])
            self._heard.clear()
            self._written = now

    def is_let_go(self, host: str) -> bool:
        """Tell whether a host is waited for no longer."""
        return (self.folder.let_go / host).exists()

    def has_begun(self, host: str) -> bool:
        """Tell whether a change has begun on a host."""
        return host in self._begun

    def failed(self, host: str, reason: str) -> Ended:
        """Return how a host has ended whose work could not go on."""
        outcome = _FAILED.get(self.task.purpose, "not-staged")
        return Ended("failed" if outcome == "refused" and self.has_begun(host) else outcome, reason)
