"""The verification of an apply: each host is asked soon after it is done, while others go on."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from jetfleet.apply.now import Tail
from jetfleet.run.pyinfra import TICK_SECONDS, started

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Collection
    from contextlib import ExitStack

    from jetfleet.run.folder import Folder
    from jetfleet.run.interrupt import Interrupt
    from jetfleet.run.pyinfra import Job

PATIENCE = 15.0
"""Seconds after which a run holds back the next one no more: a host in it may hang. Until then the
hosts that are done are gathered, for each run costs a start of pyinfra, however many it has."""


@dataclass
class Verifying:
    """Runs of pyinfra that verify the hosts of an apply, begun while that goes on.

    No host waits for one that hangs, in the apply or in its verification.

    Parameters
    ----------
    job:
        The verification, of all hosts that may be verified.
    applies:
        Hosts that the apply goes to.
    runs:
        The context of the runs: they have ended when it has.

    """

    job: Job
    folder: Folder
    interrupt: Interrupt
    applies: Collection[str]
    runs: ExitStack
    _live: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _begun: set[str] = field(default_factory=set)
    _count: int = 0
    _last: float = 0.0

    def __post_init__(self) -> None:
        """Follow the apply from here on."""
        self._tail = Tail(self.folder.path, list(self.applies))
        self._tail.skip()

    def turn(self) -> None:
        """Begin to verify what is done, if it is time to; called often while the apply runs."""
        self._live = [one for one in self._live if one.poll() is None]
        if not self._live or time.monotonic() - self._last >= PATIENCE:
            self._start(self._done())

    def finish(self, tick: Callable[[], None]) -> None:
        """Verify what is left once the apply has ended, and wait for all of it."""
        self._start(self._done())
        while self._live and not self.interrupt.number:
            self._live = [one for one in self._live if one.poll() is None]
            tick()
            time.sleep(TICK_SECONDS)

    def _done(self) -> list[str]:
        """Return the hosts that are done with the apply, and are not being verified."""
        for _ in self._tail.new():
            pass
        return [
            name
            for name in self.job.hosts
            if name not in self._begun
            and (run := self._tail.hosts.get(name)) is not None
            and run.completed
            and run.state == "changed"
        ]

    def _start(self, hosts: list[str]) -> None:
        if not hosts or self.interrupt.number:
            return
        self._begun.update(hosts)
        self._last = time.monotonic()
        self._count += 1
        log = f"verify-{self._count}" if self._count > 1 else ""
        job = replace(self.job, hosts=hosts, log=log)
        self._live.append(self.runs.enter_context(started(job, self.folder, self.interrupt)))
