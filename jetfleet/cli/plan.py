"""`jetfleet plan`: what an apply would change on the live boards, and what it would cost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from jetfleet.cli.deploy import Deploy
from jetfleet.deploy import find_deploy
from jetfleet.errors import FleetError
from jetfleet.plan.make import Request, make_plan
from jetfleet.run.answers import counted
from jetfleet.run.pyinfra import interrupts

Spec = Annotated[Path, typer.Argument(help="The fleet's YAML file.")]
Limit = Annotated[
    list[str] | None, typer.Option("--limit", help="Only this host, group or pattern; repeatable.")
]
Reboot = Annotated[bool, typer.Option("--reboot", help="Allow a reboot where a change needs one.")]
Deep = Annotated[bool, typer.Option("--deep", help="Hash every model file anew.")]
Prune = Annotated[bool, typer.Option("--prune", help="Allow removal of unused models.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Markdown on standard output.")]
Junit = Annotated[Path | None, typer.Option("--junit", help="Write a JUnit report here.")]


def plan(
    spec: Spec,
    deploy: Deploy = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the plan here, for `apply`.")
    ] = None,
    limit: Limit = None,
    reboot: Reboot = False,
    deep: Deep = False,
    prune: Prune = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what changes in files.")] = False,
    as_json: AsJson = False,
    as_markdown: AsMarkdown = False,
    junit_file: Junit = None,
) -> None:
    """Show what an apply would change on the boards, and its cost.

    Exit code: 0 nothing to do, 2 changes, 3 a host is refused or out of reach, 1 error.
    """
    data = data_of(reboot, deep, prune)
    request = Request(spec, find_deploy(spec, deploy), limit or (), data, diff)
    raise typer.Exit(planned("plan", request, Forms(as_json, as_markdown, junit_file, output)))


def data_of(reboot: bool, deep: bool, prune: bool) -> tuple[str, ...]:
    """Return leave as pyinfra is given it."""
    given = (("reboot=allow", reboot), ("deep=yes", deep), ("prune=yes", prune))
    return tuple(word for word, said in given if said)


@dataclass(frozen=True)
class Forms:
    """In which forms a plan is shown, and where it is written."""

    json: bool = False
    markdown: bool = False
    junit: Path | None = None
    output: Path | None = None


def planned(command: str, request: Request, forms: Forms) -> int:
    """Make a plan, show it in the form that was asked for, and return the exit code."""
    if forms.json and forms.markdown:
        raise FleetError("--json and --markdown both go to standard output: choose one")
    with interrupts() as interrupt, counted() as tick:
        made, folder = make_plan(request, command, interrupt, tick)
    status = 128 + interrupt.number if interrupt.number else made.status
    folder.end(status)
    if interrupt.number:
        typer.echo("interrupted: there is no whole plan", err=True)
        return status
    # Only now: pyinfra is started before anything is read that it need not wait for.
    from jetfleet.cli.forms import show  # noqa: PLC0415

    show(made, forms)
    return status
