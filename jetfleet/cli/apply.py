"""`jetfleet apply`: carry out a plan that was reviewed, or plan, ask, and carry out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from jetfleet.apply.carry_out import carry_out, folder_for, load_plan
from jetfleet.apply.live import Display
from jetfleet.apply.now import Tail
from jetfleet.apply.summary import show as show_result
from jetfleet.cli.deploy import Deploy
from jetfleet.cli.exit_codes import ExitCode, exit_code, interrupted
from jetfleet.cli.forms import console as console_of
from jetfleet.cli.options import (
    AsJson,
    AskPassword,
    AskSudoPassword,
    Deep,
    Limit,
    Prune,
    Reboot,
    TakeOver,
    Timeout,
    Upgrade,
    data_of,
    with_timeout,
)
from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import find_deploy
from jetfleet.plan.make import Request, make_plan
from jetfleet.plan.model import Plan
from jetfleet.plan.show_terminal import show as show_plan
from jetfleet.rollout.halted import halted
from jetfleet.run.answers import counted
from jetfleet.run.folder import Folder
from jetfleet.run.interrupt import interrupted_question, interrupts


def apply(
    target: Annotated[
        Path, typer.Argument(metavar="SPEC|PLAN.JSON", help="The spec, or a plan to carry out.")
    ],
    deploy: Deploy = None,
    limit: Limit = None,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask after the plan.")] = False,
    reboot: Reboot = False,
    upgrade: Upgrade = False,
    deep: Deep = False,
    prune: Prune = False,
    take_over: TakeOver = False,
    timeout: Timeout = None,
    ask_password: AskPassword = False,  # noqa: ARG001 - its callback asks
    ask_sudo_password: AskSudoPassword = False,  # noqa: ARG001 - its callback asks
    verify: Annotated[
        bool, typer.Option(help="Ask each service for an answer at the end.", show_default=False)
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Plan, ask, carry out and verify; or carry out a plan.json.

    Exit code: 0 verified, 3 refused or unreachable, 4 a host failed, 1 error.
    """
    data = data_of(reboot, deep, prune, upgrade=upgrade)
    console = console_of(stderr=as_json)
    if target.suffix == ".json":
        if data or deploy is not None:
            raise FleetError(
                "a plan file fixes the deploy, --reboot, --upgrade, --deep and --prune: leave them "
                "out"
            )
        plan = load_plan(target)
        folder = folder_for(plan, limit or ())
    else:
        only_now = with_timeout((), timeout)
        request = Request(target, find_deploy(target, deploy), limit or (), data, only_now=only_now)
        plan, folder = reviewed(request, console, yes)
    data = (*plan.data, "takeover=yes") if take_over else plan.data
    plan = plan.model_copy(update={"data": with_timeout(data, timeout)})
    raise typer.Exit(carried_out(plan, folder, console, verify, as_json))


def reviewed(request: Request, console: Console, yes: bool) -> tuple[Plan, Folder]:
    """Make a plan, show it, and ask unless `yes`; `FleetError` if the answer is no."""
    plan, folder = _planned(request, console)
    changes = any(host.state == "changes" for host in plan.hosts)
    against = halted(request.spec, plan.commit) if changes else ""
    if against and yes:
        folder.end(ExitCode.ERROR)
        raise FleetError(f"nothing was changed: {against}")
    if against:
        typer.echo(against, err=True)
    if not yes:
        _ask(plan, folder)
    return plan, folder


def _planned(request: Request, console: Console) -> tuple[Plan, Folder]:
    with interrupts() as interrupt, counted() as tick:
        plan, folder = make_plan(request, "apply", interrupt, tick)
    if interrupt.number:
        folder.end(interrupted(interrupt.number))
        show_plan(plan, console)
        typer.echo("interrupted: nothing was changed", err=True)
        raise typer.Exit(interrupted(interrupt.number))
    show_plan(plan, console)
    return plan, folder


def _ask(plan: Plan, folder: Folder) -> None:
    """Ask whether to go on; a job without a terminal needs `-y`."""
    if not any(host.state == "changes" for host in plan.hosts):
        return
    if not sys.stdin.isatty():
        folder.end(ExitCode.ERROR)
        raise FleetError(
            "there is no terminal to ask: review the plan above, then run again with -y"
        )
    with interrupted_question() as interrupt:
        try:
            agreed = typer.confirm("Apply this plan?", err=True)
        except typer.Abort:
            agreed = False
    if interrupt.number:
        folder.end(interrupted(interrupt.number))
        typer.echo("interrupted: nothing was changed", err=True)
        raise typer.Exit(interrupted(interrupt.number))
    if not agreed:
        folder.end(ExitCode.ERROR)
        raise FleetError("nothing was changed")


def carried_out(
    plan: Plan, folder: Folder, console: Console, verify: bool = True, as_json: bool = False
) -> int:
    """Carry out a plan, show it meanwhile and its result; return the exit code."""
    todo = {host.host for host in plan.hosts if host.state == "changes"}
    tail = Tail(folder.path, [name for name in folder.about.hosts if name in todo])
    tail.skip()
    with interrupts() as interrupt:
        with Display(tail, console) as display:
            result = carry_out(plan, folder, interrupt, display.tick, verify=verify)
        (folder.path / "result.json").write_text(result.json_text(), encoding="utf-8")
        states = [host.state for host in result.hosts]
        status = interrupted(interrupt.number) if interrupt.number else exit_code(states)
        folder.end(status)
        show_result(result, console)
        if as_json:
            sys.stdout.write(result.json_text())
        if interrupt.number:
            typer.echo("interrupted: run again, it continues", err=True)
    return status
