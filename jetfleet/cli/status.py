"""`jetfleet status`: the state of all boards."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from jetfleet.cli.asked import WIDE, asked
from jetfleet.cli.deploy import Deploy
from jetfleet.cli.exit_codes import exit_code, interrupted
from jetfleet.cli.options import AskPassword, AskSudoPassword, Timeout, with_timeout
from jetfleet.fleet.deploy import find_deploy, roles_beside, roles_of
from jetfleet.fleet.fleet import Fleet
from jetfleet.spec.limit import hosts_of
from jetfleet.status.interpret import fleet_status
from jetfleet.status.model import FleetStatus
from jetfleet.status.table import show

if TYPE_CHECKING:
    from collections.abc import Sequence


def status(
    spec: Annotated[Path, typer.Argument(help="The fleet's YAML file.")],
    host: Annotated[list[str] | None, typer.Argument(help="Only these hosts.")] = None,
    deploy: Deploy = None,
    timeout: Timeout = None,
    ask_password: AskPassword = False,  # noqa: ARG001 - its callback asks
    ask_sudo_password: AskSudoPassword = False,  # noqa: ARG001 - its callback asks
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON (schema 2).")] = False,
) -> None:
    """Show the state of all boards, and where they differ from the spec.

    Exit code: 0 all are in sync, 2 a board differs, 3 a board is refused or unreachable, 1 error.
    """
    found, code = status_of_fleet(spec, host or (), deploy, timeout)
    if as_json:
        sys.stdout.write(found.json_text())
    else:
        show(found, Console(width=None if sys.stdout.isatty() else WIDE, highlight=False))
    raise typer.Exit(code)


def status_of_fleet(
    spec: Path, names: Sequence[str] = (), deploy: Path | None = None, timeout: int | None = None
) -> tuple[FleetStatus, int]:
    """Read the boards of a spec, and return their status and the exit code.

    Of an interrupted run it is the status of the boards that have answered.

    Raises
    ------
    FleetError
        The run broke off.

    """
    judged = find_deploy(spec, deploy)
    fleet = Fleet.load(spec, roles_of(judged), roles_beside(judged))
    hosts = hosts_of(fleet.spec, names)
    data = with_timeout([f"deploy={judged}"], timeout)
    with asked("status", spec, hosts, data, limit=bool(names), judged=str(judged)) as (
        folder,
        signal,
    ):
        found = fleet_status(fleet, folder, interrupted=bool(signal))
        code = int(exit_code(host.state for host in found.hosts))
        if signal:
            typer.echo("interrupted: not every board has answered", err=True)
            code = interrupted(signal)
        folder.end(code)
    return found, code
