"""pyinfra as a subprocess: its command line, how it is waited for, and how it is ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.environment import LOGIN, PARENT, PHASE, PLAN, RUN_FOLDER, SUDO
from jetfleet.run.started import pyinfra
from jetfleet.run.typed_password import typed_in_pipes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from jetfleet.run.folder import Folder
    from jetfleet.run.interrupt import Interrupt

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
    folder:
        Where it runs: pyinfra imports a fleet's own roles from there. None: where this process is.
    keeps:
        Descriptors that it inherits, such as of a lock that is held while it runs.
    log:
        Name of the log in the run folder, where another run of the phase has that of the phase.

    """

    inventory: Path
    deploy: Path
    hosts: Sequence[str]
    phase: str
    data: Sequence[str] = ()
    diff: bool = False
    plan: Path | None = None
    folder: Path | None = None
    keeps: tuple[int, ...] = ()
    log: str = ""

    @property
    def command(self) -> list[str]:
        """The command line."""
        # With --json pyinfra asks nothing: a host that fails is left out, the others go on.
        mode = ["--dry", "--json"] if self.phase == "plan" else ["-y"]
        return [
            *pyinfra(),
            *mode,
            *(["--diff"] if self.diff else []),
            *(word for name in self.hosts for word in ("--limit", name)),
            *(word for one in self.data for word in ("--data", one)),
            str(self.inventory),
            str(self.deploy),
        ]


@contextmanager
def started(job: Job, folder: Folder, interrupt: Interrupt) -> Iterator[subprocess.Popen[bytes]]:
    """Start pyinfra; it has ended when the context has, whatever happens in it.

    It runs in a session of its own: a Ctrl-C at the terminal reaches this process alone, which ends
    pyinfra and waits for it. If this process is killed, pyinfra sees the end of a pipe, and ends.
    """
    environ = {**os.environ, RUN_FOLDER: str(folder.path), PHASE: job.phase}
    environ["PYINFRA_PROGRESS"] = "off"
    for variable in (PLAN, LOGIN, SUDO):
        environ.pop(variable, None)
    if job.plan is not None:
        environ[PLAN] = str(job.plan)
    with (
        folder.log(job.log or job.phase).open("wb") as log,
        _pipe() as pipe,
        typed_in_pipes() as typed,
    ):
        environ[PARENT] = str(pipe)
        environ.update({variable: str(number) for variable, number in typed.items()})
        process = subprocess.Popen(
            job.command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if job.phase == "plan" else log,
            stderr=log,
            start_new_session=True,
            pass_fds=(pipe, *typed.values(), *job.keeps),
            cwd=job.folder,
        )
        try:
            yield process
        finally:
            _end(process, interrupt)


@contextmanager
def _pipe() -> Iterator[int]:
    """Yield the reading end of a pipe whose writing end only this process has."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(reading)
        os.close(writing)


def run(
    job: Job, folder: Folder, interrupt: Interrupt, tick: Callable[[], None] = lambda: None
) -> None:
    """Run pyinfra to its end, calling `tick` meanwhile.

    Its exit code tells little: the caller reads `interrupt`, and the events.
    """
    with started(job, folder, interrupt) as process:
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


def _end(process: subprocess.Popen[bytes], interrupt: Interrupt) -> None:
    if process.poll() is None and interrupt.number == signal.SIGINT:
        sys.stderr.write("interrupted: ending the run; press Ctrl-C again to end it at once\n")
    for number, seconds in _PATIENCE:
        if process.poll() is not None:
            return
        process.send_signal(signal.SIGKILL if interrupt.at_once else number)
        end = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < end:
            if interrupt.at_once:
                process.kill()
            time.sleep(TICK_SECONDS)
