"""`jetfleet prune`: list models that nothing refers to, with their sizes, and remove them."""

from __future__ import annotations

from typing import Annotated

import typer

from jetfleet.cli.apply import carried_out, reviewed
from jetfleet.cli.deploy import Deploy
from jetfleet.cli.forms import console as console_of
from jetfleet.cli.options import AskPassword, AskSudoPassword, Spec, data_of
from jetfleet.fleet.deploy import OURS, find_deploy
from jetfleet.plan.make import Request


def prune(
    spec: Spec,
    host: Annotated[list[str] | None, typer.Argument(help="Only these hosts.")] = None,
    deploy: Deploy = None,
    ask_password: AskPassword = False,  # noqa: ARG001 - its callback asks
    ask_sudo_password: AskSudoPassword = False,  # noqa: ARG001 - its callback asks
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask after listing.")] = False,
) -> None:
    """List models that nothing refers to, ask, and remove them.

    Neither the spec nor the last apply names them. Models that jetfleet did not install are neither
    listed nor touched. It is an apply of deploys/prune.py with --prune, with the same exit codes.
    """
    data = (*data_of(False, False, True), f"deploy={find_deploy(spec, deploy)}")
    request = Request(spec, OURS / "prune.py", host or (), data)
    console = console_of()
    plan, folder = reviewed(request, console, yes)
    raise typer.Exit(carried_out(plan, folder, console, verify=False))
