"""`jetfleet plan`: what an apply would change on the live boards, and what it would cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from jetfleet.cli.deploy import Deploy
from jetfleet.cli.exit_codes import exit_code, interrupted
from jetfleet.cli.options import (
    AsJson,
    AskPassword,
    AskSudoPassword,
    AsMarkdown,
    Deep,
    Forms,
    Junit,
    Limit,
    Prune,
    Reboot,
    Spec,
    Timeout,
    Upgrade,
    data_of,
    with_timeout,
)
from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import find_deploy
from jetfleet.plan.make import Request, make_plan
from jetfleet.run.answers import counted
from jetfleet.run.interrupt import interrupts


def plan(
    spec: Spec,
    deploy: Deploy = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the plan here, for `apply`.")
    ] = None,
    limit: Limit = None,
    reboot: Reboot = False,
    upgrade: Upgrade = False,
    deep: Deep = False,
    prune: Prune = False,
    timeout: Timeout = None,
    ask_password: AskPassword = False,  # noqa: ARG001 - its callback asks
    ask_sudo_password: AskSudoPassword = False,  # noqa: ARG001 - its callback asks
    diff: Annotated[bool, typer.Option("--diff", help="Show what changes in files.")] = False,
    as_json: AsJson = False,
    as_markdown: AsMarkdown = False,
    junit_file: Junit = None,
) -> None:
    """Show what an apply would change on the boards, and its cost.
    Exit code: 0 nothing to do, 2 changes, 3 refused or unreachable, 1 error.
    """  # noqa: D205 - one paragraph, so that the help fits a screen
    data = data_of(reboot, deep, prune, upgrade=upgrade)
    only_now = with_timeout((), timeout)
    request = Request(spec, find_deploy(spec, deploy), limit or (), data, diff, only_now)
    raise typer.Exit(planned("plan", request, Forms(as_json, as_markdown, junit_file, output)))


def planned(command: str, request: Request, forms: Forms) -> int:
    """Make a plan, show it in the form that was asked for, and return the exit code."""
    if forms.json and forms.markdown:
        raise FleetError("--json and --markdown both go to standard output: choose one")
    with interrupts() as interrupt, counted() as tick:
        made, folder = make_plan(request, command, interrupt, tick)
    states = [host.state for host in made.hosts]
    status = interrupted(interrupt.number) if interrupt.number else exit_code(states)
    folder.end(status)
    # Imported only now, so that pyinfra starts earlier.
    from jetfleet.cli.forms import show  # noqa: PLC0415

    if interrupt.number:
        # What was read is worth to be seen; a file for `apply` would be taken for the whole plan.
        forms = replace(forms, output=None)
    show(made, forms)
    if interrupt.number:
        typer.echo(
            "interrupted: the plan is not complete, and no file is written for apply", err=True
        )
    return status
