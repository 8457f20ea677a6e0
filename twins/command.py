"""`jetfleet twin`: virtual Jetsons of a spec's boards, to test a change before it reaches a board.

The entry point `command` of the group `jetfleet.twins`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from jetfleet.cli.lock import lock
from jetfleet.errors import FleetError
from jetfleet.workstation.overlay import twins_lock_path
from twins.flashed import PASSWORD
from twins.fleet import Fleet

app = typer.Typer(help="Virtual Jetsons: one for each host of a spec.", no_args_is_help=True)

Spec = Annotated[Path, typer.Argument(help="The fleet's YAML file.")]
Host = Annotated[str, typer.Argument(help="The host's name in it.")]


@app.command()
def up(
    spec: Spec,
    host: Annotated[list[str] | None, typer.Argument(help="Only these hosts.")] = None,
    owner: Annotated[
        int | None,
        typer.Option(
            envvar="JETFLEET_TWINS_OWNER",
            min=1,
            metavar="PID",
            help="Stop the twins when this process ends, such as the job of a CI.",
        ),
    ] = None,
    flashed: Annotated[
        bool,
        typer.Option(
            "--flashed", help="Boards that were only flashed: a password instead of a key."
        ),
    ] = False,
) -> None:
    """Boot a virtual Jetson for each host, with a registry and model hubs beside them."""
    fleet = Fleet.up(spec, only=host or None, owner_pid=owner, flashed=flashed)
    _show(fleet)
    lock(spec, upgrade=False)
    if flashed:
        typer.echo(f"their users log in by the password {PASSWORD}")
    typer.echo(f"runs of {spec} go to these twins until `jetfleet twin down {spec}`")


@app.command()
def down(
    spec: Spec,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep their disks for the next `up`.")
    ] = False,
) -> None:
    """Stop them, and remove everything that `up` made."""
    if not Fleet.clear(spec, keep=keep):
        typer.echo(f"no twins of {spec} are up")
    if not keep:
        twins_lock_path(spec).unlink(missing_ok=True)


@app.command("list")
def list_twins(spec: Spec) -> None:
    """List them, with address and state."""
    _show(_found(spec))


@app.command(context_settings={"ignore_unknown_options": True})
def ssh(
    spec: Spec,
    host: Host,
    command: Annotated[list[str] | None, typer.Argument(help="The command to run.")] = None,
) -> None:
    """Log in to one, or run a command on it."""
    twin = _found(spec).hosts.get(host)
    if twin is None:
        raise FleetError(f"{spec} has no twin {host}: `jetfleet twin list {spec}` shows them")
    arguments = [
        "ssh", "-i", str(twin.key), "-o", f"UserKnownHostsFile={twin.known_hosts}",
        "-o", "StrictHostKeyChecking=yes", f"{twin.user}@{twin.address}", *(command or []),
    ]  # fmt: skip
    os.execvp("ssh", arguments)  # noqa: S606 - the person's own command, as `ssh` takes it


@app.command()
def logs(spec: Spec, host: Host) -> None:
    """Print the console and the journal of one."""
    typer.echo(_found(spec).logs(host))


def _found(spec: Path) -> Fleet:
    fleet = Fleet.find(spec)
    if fleet is None:
        raise FleetError(f"no twins of {spec} are up: `jetfleet twin up {spec}` boots them")
    return fleet


def _show(fleet: Fleet) -> None:
    table = Table("host", "address", "state")
    for name, twin in fleet.hosts.items():
        table.add_row(name, twin.address, "up" if twin.pid else "off")
    Console().print(table)
