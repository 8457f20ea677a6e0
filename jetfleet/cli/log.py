"""`jetfleet log`: what has changed a board, and whether its audit log is as it was written."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from jetfleet.audit.chain import findings, read_lines
from jetfleet.audit.heads import Head
from jetfleet.audit.show import read_back, table
from jetfleet.cli.asked import WIDE, asked, host_asked
from jetfleet.cli.echo import echo
from jetfleet.cli.exit_codes import ExitCode, interrupted
from jetfleet.cli.options import AsJson, AskPassword, AskSudoPassword, Spec, Timeout, with_timeout
from jetfleet.events.files import audit_file
from jetfleet.events.interpret import read_host
from jetfleet.text import format_json

if TYPE_CHECKING:
    from jetfleet.audit.chain import Finding, Line
    from jetfleet.run.folder import Folder


def log(
    spec: Spec,
    host: Annotated[str, typer.Argument(help="The host.")],
    verify: Annotated[
        bool, typer.Option("--verify", help="Check the chain, and what was seen before.")
    ] = False,
    last: Annotated[int, typer.Option(min=1, help="How many lines are shown.")] = 50,
    timeout: Timeout = None,
    ask_password: AskPassword = False,  # noqa: ARG001 - its callback asks
    ask_sudo_password: AskSudoPassword = False,  # noqa: ARG001 - its callback asks
    as_json: AsJson = False,
) -> None:
    """Show what has changed a board, and whether its log is whole.

    Exit code: 0, 2 with --verify if a line was changed or the end was cut off, 3 if the board is
    refused or unreachable, 1 error.
    """
    name = host_asked(spec, host)
    with asked("log", spec, [name], with_timeout((), timeout)) as (folder, signal):
        if signal:
            raise typer.Exit(interrupted(signal))
        found = _read(folder, name)
    if found is None:
        raise typer.Exit(ExitCode.NOT_REACHED)
    lines, wrong, heads = found
    if as_json:
        sys.stdout.write(format_json(read_back(name, lines, wrong, heads)) + "\n")
    else:
        width = None if sys.stdout.isatty() else WIDE
        Console(width=width, highlight=False).print(table(lines[-last:]))
    if not verify:
        return
    broken = [one for one in wrong if one.kind != "half"]
    if not as_json:
        for one in wrong:
            echo(f"{name}: {one.sentence}")
        if not broken:
            seen = f", and agree with what was seen at {heads[-1].seen}" if heads else ""
            echo(f"{name}: {len(lines)} lines follow each other{seen}")
    raise typer.Exit(ExitCode.DIFFERENCES if broken else ExitCode.DONE)


def _read(
    folder: Folder, name: str
) -> tuple[tuple[Line, ...], tuple[Finding, ...], tuple[Head, ...]] | None:
    """Return the log of a host with what is wrong with it; None if it was not read."""
    run = read_host(folder.path, name)
    if run.logged is None:
        echo(f"{name}: {run.reason}", err=True)
        return None
    lines = read_lines(audit_file(folder.path, name).read_bytes())
    heads = tuple(Head(**one) for one in run.logged.heads)
    return lines, findings(lines, heads, whole=run.logged.whole), heads
