"""`jetfleet diff`: what a change of the spec changes on the boards, host by host."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from jetfleet.cli.deploy import Deploy
from jetfleet.cli.exit_codes import ExitCode
from jetfleet.diff import ask
from jetfleet.diff.markdown import markdown
from jetfleet.diff.text import text
from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import find_deploy
from jetfleet.text import format_json

_TWO = 2


def diff(
    what: Annotated[
        list[str],
        typer.Argument(metavar="[REV[..REV]] SPEC", help="HEAD if no revision is named."),
    ],
    deploy: Deploy = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="A comment for a pull request.")
    ] = False,
) -> None:
    """Show what a change in git would change on the boards.

    REV is compared with the working tree, A..B with each other, A...B from where B branched off.
    Exit status: 0 nothing changes, 2 something does, 1 error.
    """
    if len(what) > _TWO:
        raise FleetError("one spec at a time: `jetfleet diff [REV[..REV]] SPEC`")
    spec, asked = Path(what[-1]), what[0] if len(what) == _TWO else "HEAD"
    report = ask(spec, asked, find_deploy(spec, deploy))
    if as_json:
        typer.echo(format_json(report.values()))
    elif as_markdown:
        typer.echo(markdown(report))
    else:
        typer.echo(text(report, _style))
    raise typer.Exit(ExitCode.DONE if report.difference.same else ExitCode.DIFFERENCES)


def _style(words: str, style: str) -> str:
    if not style or os.environ.get("NO_COLOR"):
        return words
    return typer.style(words, bold=True) if style == "bold" else typer.style(words, fg=style)
