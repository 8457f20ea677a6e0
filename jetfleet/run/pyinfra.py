"""pyinfra as a subprocess: its command line, how it is waited for, and how it is ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.environment import PHASE, PLAN, RUN_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jetfleet.run.folder import Folder

TICK_SECONDS = 0.1
_PATIENCE = ((signal.SIGINT, 15.0), (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))
"""Signals that end a run, in order, and how many seconds each is given."""


@dataclass(frozen=True)
class Job:
    """One run of pyinfra.

    Parameters
    ----------
    inventory, deploy:
        Paths of pyinfra's inventory and deploy files.
    hosts:
        Names that it is limited to.
    data:
        Options of this run as ``name=value``; see `jetfleet.resources.RunOptions`.
    phase:
        ``plan`` runs dry; ``apply`` and ``verify`` carry out.
    plan:
        File of the plan that it must keep to.

    """

    inventory: Path
    deploy: Path
    hosts: Sequence[str]
    phase: str
    data: Sequence[str] = ()
    diff: bool = False
    plan: Path | None = None

    @property
    def command(self) -> list[str]:
        """The command line."""
        # With --json pyinfra asks nothing: a host that fails is left out, the others go on.
        mode = ["--dry", "--json"] if self.phase == "plan" else ["-y"]
        return [
            str(Path(sys.executable).with_name("pyinfra")),
            *mode,
            *(["--diff"] if self.diff else []),
            *(word for name in self.hosts for word in ("--limit", name)),
            *(word for one in self.data for word in ("--data", one)),
            str(self.inventory),
            str(self.deploy),
        ]


@dataclass
class Interrupt:
    """The first signal that this process received; 0 while there was none."""

    number: int = 0

    def __call__(self, number: int, frame: object) -> None:
        """Record a signal; the loop that waits for pyinfra does the rest."""
        del frame
        self.number = self.number or number


@contextmanager
def interrupts() -> Iterator[Interrupt]:
    """Record SIGINT and SIGTERM instead of exiting, so that pyinfra is stopped first."""
    interrupt = Interrupt()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def started(job: Job, folder: Folder) -> Iterator[subprocess.Popen[bytes]]:
    """Start pyinfra; it has ended when the context has, whatever happens in it.

    It runs in a session of its own: a Ctrl-C at the terminal reaches this process alone, which ends
    pyinfra and waits for it.
    """
    environ = {**os.environ, RUN_FOLDER: str(folder.path), PHASE: job.phase}
    environ["PYINFRA_PROGRESS"] = "off"
    environ.pop(PLAN, None)
    if job.plan is not None:
        environ[PLAN] = str(job.plan)
    with folder.log(job.phase).open("wb") as log:
        process = subprocess.Popen(
            job.command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if job.phase == "plan" else log,
            stderr=log,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            _end(process)


def run(
    job: Job, folder: Folder, interrupt: Interrupt, tick: Callable[[], None] = lambda: None
) -> None:
    """Run pyinfra to its end, calling `tick` meanwhile.

    pyinfra exits with 0 when it was interrupted, so the caller reads `interrupt`, and the events.
    """
    with started(job, folder) as process:
        wait(process, interrupt, tick)
    tick()


def wait(process: subprocess.Popen[bytes], interrupt: Interrupt, tick: Callable[[], None]) -> None:
    """Wait until it has ended, or a signal has come."""
    while not interrupt.number and not _ended(process):
        tick()


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(TICK_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    for number, seconds in _PATIENCE:
        if process.poll() is not None:
            return
        process.send_signal(number)
        end = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < end:
            time.sleep(TICK_SECONDS)
