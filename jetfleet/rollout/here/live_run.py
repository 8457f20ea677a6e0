"""One run of pyinfra for some hosts of a task, and each of them as its events come."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from jetfleet.events.event import Started
from jetfleet.events.host import HostRun
from jetfleet.events.interpret import take
from jetfleet.events.read import EventReader
from jetfleet.redaction import redact
from jetfleet.rollout.here.ask import Answer
from jetfleet.run.interrupt import Interrupt
from jetfleet.run.pyinfra import started
from jetfleet.text import printable

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from jetfleet.rollout.here.ask import Phase
    from jetfleet.run.folder import Folder
    from jetfleet.run.pyinfra import Job

_PATIENCE = ((signal.SIGINT, 0.0), (signal.SIGTERM, 15.0), (signal.SIGKILL, 20.0))
"""Signals that end a run, and after how many seconds each is sent."""

_TAIL, _LINE = 4000, 300
"""Bytes of a log that are read, and characters of its last line that are kept."""


@dataclass
class _Host:
    run: HostRun
    events: EventReader
    has_begun: bool = False


@dataclass
class LiveRun:
    """A run of pyinfra that has been started.

    Parameters
    ----------
    begun:
        Is called with a host before the script of its first change is sent, or right after.

    """

    phase: Phase
    job: Job
    folder: Folder
    begun: Callable[[str], None]
    stack: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        """Start it."""
        self._open = {
            name: _Host(HostRun(name), EventReader(self.folder.path, name))
            for name in self.job.hosts
        }
        self._told: list[tuple[str, _Host]] = []
        self._ending: float | None = None
        self._sent = 0
        interrupt = Interrupt(terminals=())
        self._process: subprocess.Popen[bytes] = self.stack.enter_context(
            started(self.job, self.folder, interrupt)
        )

    @property
    def hosts(self) -> list[str]:
        """The hosts that have not come to their end in it."""
        return list(self._open)

    @property
    def ended(self) -> bool:
        """Whether pyinfra has ended, and each host has got its answer."""
        return not self._open and self._process.poll() is not None

    def answers(self, heard: Callable[[str], None]) -> Iterator[tuple[str, Answer]]:
        """Yield each host that has come to its end since the last call.

        `heard` is called for each one of which there was an event.
        """
        over = self._process.poll() is not None
        for name, host in self._told:
            self._read(name, host)  # the end of a lease comes after a failure
        for name, host in list(self._open.items()):
            if self._read(name, host):
                heard(name)
            if over or self._is_done(host.run):
                del self._open[name]
                self._told.append((name, host))
                done = self._is_done(host.run)
                yield name, Answer(host.run, done, "" if done else self._last_line())
        if over:
            self.close()

    def _read(self, name: str, host: _Host) -> bool:
        any_event = False
        try:
            for event in host.events.new():
                any_event = True
                take(host.run, event)
                if isinstance(event, Started) and not host.has_begun:
                    host.has_begun = True
                    self.begun(name)
        except FleetError as error:
            host.run.failures.append(str(error))
        return any_event

    def _last_line(self) -> str:
        """Return what pyinfra has printed last."""
        try:
            with self.folder.log(self.phase).open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - _TAIL))
                lines = log.read().decode(errors="replace").split("\n")
        except OSError:
            return ""
        said = (printable(redact(line)).strip() for line in reversed(lines))
        return next(filter(None, said), "")[:_LINE]

    def _is_done(self, run: HostRun) -> bool:
        """Tell whether nothing more happens on a host in this run."""
        if self.phase == "read":
            # A board that did not answer one question has said something all the same.
            return run.read is not None
        if run.unreachable or run.failures:
            return True
        if self.phase == "plan":
            return run.compared or bool(run.refusals)
        return run.completed or bool(run.refusals)

    def end(self, after: float = 0.0) -> None:
        """End it after these seconds: its leases are given back if it does so by itself."""
        now = time.monotonic()
        self._ending = min(self._ending or now + after, now + after)
        waited = time.monotonic() - self._ending
        while self._sent < len(_PATIENCE) and waited >= _PATIENCE[self._sent][1]:
            if self._process.poll() is None:
                self._process.send_signal(_PATIENCE[self._sent][0])
            self._sent += 1

    def close(self) -> None:
        """Take its process away; it ends first if it has not."""
        self.stack.close()
