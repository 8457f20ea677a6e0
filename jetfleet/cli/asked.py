"""A run that only asks boards, for commands that show what they answer."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.defect import reports_in
from jetfleet.environment import RUN_FOLDER
from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import OURS
from jetfleet.plan.make import Request
from jetfleet.run.answers import counted
from jetfleet.run.folder import About, Folder
from jetfleet.run.interrupt import interrupts
from jetfleet.run.pyinfra import Job, run
from jetfleet.spec.limit import hosts_of
from jetfleet.validate import load_checked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


WIDE = 200
"""Columns of a table in a pipe or a file."""


def hosts_asked(spec: Path, names: Sequence[str]) -> tuple[str, ...]:
    """Return the hosts of a spec that names and groups mean; without one, all."""
    return hosts_of(load_checked(spec)[0], names)


def host_asked(spec: Path, name: str) -> str:
    """Return the one host of a spec that a name means; raise `FleetError` if it means several."""
    found = hosts_asked(spec, [name])
    if len(found) > 1:
        raise FleetError(f"{name} means {len(found)} hosts: name one, such as {found[0]}")
    return found[0]


@contextmanager
def asked(
    command: str,
    spec: Path,
    hosts: Sequence[str],
    data: Sequence[str] = (),
    *,
    limit: bool = True,
    judged: str = "",
) -> Iterator[tuple[Folder, int]]:
    """Run one of our own deploys on boards; yield the run folder, and the signal that ended it.

    Parameters
    ----------
    command:
        Its name, which the deploy has too.
    hosts:
        Names of all hosts that are asked.
    limit:
        Whether they are not all of the spec.
    judged:
        The deploy whose roles are read.

    Raises
    ------
    FleetError
        The run broke off.

    """
    request = Request(spec, OURS / f"{command}.py")
    request.check()
    about = About(command, str(spec), judged, "", tuple(hosts), began=round(time.time(), 3))
    with _folder(about) as folder:
        only = hosts if limit else ()
        job = Job(request.inventory, request.deploy, only, phase="status", data=data)
        with interrupts() as interrupt, counted() as tick:
            run(job, folder, interrupt, lambda: tick(folder))
        yield folder, interrupt.number


@contextmanager
def _folder(about: About) -> Iterator[Folder]:
    """Keep the run folder only if JETFLEET_RUN is set, or a message names a report in it."""
    if os.environ.get(RUN_FOLDER):
        yield Folder.make(about)
        return
    path = Path(tempfile.mkdtemp(prefix=f"jetfleet-{about.command}-"))
    try:
        yield Folder(path, about)
    finally:
        if not reports_in(path):
            shutil.rmtree(path, ignore_errors=True)
