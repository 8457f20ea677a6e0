"""`jetfleet status`: one look at all boards."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from jetfleet import rows
from jetfleet.cli.deploy import Deploy
from jetfleet.deploy import OURS, find_deploy, roles_of
from jetfleet.fleet import Fleet
from jetfleet.plan.make import Request, hosts_of
from jetfleet.run.answers import counted
from jetfleet.run.folder import About, Folder
from jetfleet.run.pyinfra import Job, interrupts, run
from jetfleet.status.judge import fleet_status
from jetfleet.status.model import FleetStatus
from jetfleet.status.table import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DIFFERS = 3
"""Exit status if a board is not as the spec says, or was not reached."""

WIDE = 200
"""Columns of a table that goes into a pipe or a file."""


def status(
    spec: Annotated[Path, typer.Argument(help="The fleet's YAML file.")],
    host: Annotated[list[str] | None, typer.Argument(help="Only these hosts.")] = None,
    deploy: Deploy = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON (schema 1).")] = False,
) -> None:
    """Show the state of all boards, and where they differ from the spec.

    Exit status 0: all is as the spec says. 3: something is not, or a board was not reached.
    """
    found = look(spec, host or (), deploy)
    if as_json:
        sys.stdout.write(found.json_text())
    else:
        show(found, Console(width=None if sys.stdout.isatty() else WIDE, highlight=False))
    raise typer.Exit(0 if found.as_spec else DIFFERS)


def look(spec: Path, names: Sequence[str] = (), deploy: Path | None = None) -> FleetStatus:
    """Ask the boards of a spec, and return what they said; `FleetError` if the run broke."""
    judged = find_deploy(spec, deploy)
    fleet = Fleet.load(spec, roles_of(judged))
    hosts = hosts_of(fleet.spec, names)
    request = Request(spec, OURS / "status.py")
    request.check()
    about = About("status", str(spec), str(judged), "", hosts, began=round(time.time(), 3))
    with _folder(about) as folder:
        job = Job(
            request.inventory,
            request.deploy,
            hosts if names else (),
            phase="status",
            data=(f"deploy={judged}",),
        )
        with interrupts() as interrupt, counted() as tick:
            run(job, folder, interrupt, lambda: tick(folder))
        if interrupt.number:
            typer.echo("interrupted: not every board has answered", err=True)
            raise typer.Exit(128 + interrupt.number)
        found = fleet_status(fleet, folder)
        folder.end(0 if found.as_spec else DIFFERS)
    return found


@contextmanager
def _folder(about: About) -> Iterator[Folder]:
    """Keep the run folder only where the environment asks for it: a look is soon another one's."""
    if os.environ.get(rows.FOLDER):
        yield Folder.make(about)
        return
    with tempfile.TemporaryDirectory(prefix="jetfleet-status-") as path:
        yield Folder(Path(path), about)
