"""`jetfleet lease`: which run changes a board, and how a person takes the board from it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from jetfleet.cli.asked import WIDE, asked, host_asked, hosts_asked
from jetfleet.cli.echo import echo
from jetfleet.cli.exit_codes import ExitCode, interrupted
from jetfleet.cli.options import AsJson, AskPassword, AskSudoPassword, Spec, Timeout, with_timeout
from jetfleet.errors import FleetError
from jetfleet.events.interpret import read_host
from jetfleet.rollout.exit_code import RolloutExit
from jetfleet.text import format_duration, format_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

app = typer.Typer(
    help="Show which run changes a board, or take the board from it.", no_args_is_help=True
)

_LONGEST = 120
"""Characters of a reason."""


@app.command()
def show(
    spec: Spec,
    host: Annotated[list[str] | None, typer.Argument(help="Only these hosts.")] = None,
    timeout: Timeout = None,
    ask_password: AskPassword = False,  # noqa: ARG001 - its callback asks
    ask_sudo_password: AskSudoPassword = False,  # noqa: ARG001 - its callback asks
    as_json: AsJson = False,
) -> None:
    """Show the lease of each board: its token, its run, and how long it holds.

    Exit code: 0, 3 if a board is refused or unreachable, 1 error.
    """
    names = hosts_asked(spec, host or ())
    rows, code = _asked(spec, names, with_timeout((), timeout), limit=bool(host))
    if as_json:
        sys.stdout.write(format_json({"schema": 1, "spec": str(spec), "hosts": rows}) + "\n")
    else:
        _show(rows)
    raise typer.Exit(code)


@app.command()
def steal(
    spec: Spec,
    host: Annotated[str, typer.Argument(help="The host.")],
    token: Annotated[int, typer.Option(min=1, help="Of the lease, as `lease show` says it.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit log of the board.")],
    timeout: Timeout = None,
    ask_password: AskPassword = False,  # noqa: ARG001 - its callback asks
    ask_sudo_password: AskSudoPassword = False,  # noqa: ARG001 - its callback asks
) -> None:
    """Take a board from its run, which changes nothing more there.

    Exit code: 0, 8 if the board has a lease with another token, 3 if the board is refused or
    unreachable, 1 error.
    """
    if not reason.strip() or len(reason) > _LONGEST:
        raise FleetError(f"--reason is empty or too long: say why in up to {_LONGEST} characters")
    name = host_asked(spec, host)
    data = (f"steal={token}", f"reason={reason}")
    (row,), code = _asked(spec, [name], with_timeout(data, timeout))
    if code:
        raise typer.Exit(code)
    if row["outcome"] == "held":
        echo(f"{name}: not stolen: {_sentence(row)}, and its token is {row['token']}", err=True)
        raise typer.Exit(RolloutExit.IN_THE_WAY)
    ended = row["outcome"] == "free"
    echo(f"{name}: " + ("no run has its lease" if ended else f"stolen: {_sentence(row)}"))


def _asked(
    spec: Path, names: Sequence[str], data: Sequence[str], *, limit: bool = True
) -> tuple[list[dict[str, Any]], int]:
    """Return what each board says of its lease, and the exit code."""
    with asked("lease", spec, names, data, limit=limit) as (folder, signal):
        rows = [_row(folder.path, name) for name in names]
    for row in rows:
        if row["reason"]:
            echo(f"{row['host']}: {row['reason']}", err=True)
    missed = any(row["reason"] for row in rows)
    code = interrupted(signal) if signal else ExitCode.NOT_REACHED if missed else ExitCode.DONE
    return rows, int(code)


def _row(folder: Path, name: str) -> dict[str, Any]:
    run = read_host(folder, name)
    found = run.leased
    if found is None:
        return {"host": name, "state": run.state, "reason": run.reason or "it was not asked"}
    return {
        "host": name,
        "state": "held" if found.left else "free",
        "reason": "",
        "token": found.token,
        "left": found.left,
        "age": found.age,
        "who": found.who,
        "spec": found.spec,
        "run": found.run,
        "outcome": found.outcome,
    }


def _sentence(row: dict[str, Any]) -> str:
    what = row["spec"] or "a spec"
    return f"{row['who']} has been applying {what} for {format_duration(row['age'])}"


def _show(rows: Sequence[dict[str, Any]]) -> None:
    names = ("host", "lease", "token", "holds for", "who", "since", "spec", "run")
    table = Table(*(Column(name, overflow="fold") for name in names), box=box.SIMPLE_HEAD)
    for row in rows:
        held = row["state"] == "held"
        cells = [row["host"], row["state"], str(row.get("token") or "")]
        cells += [format_duration(row["left"]) if held else ""]
        cells += [row.get("who", ""), format_duration(row["age"]) if row.get("token") else ""]
        table.add_row(*map(Text, [*cells, row.get("spec", ""), row.get("run", "")]))
    Console(width=None if sys.stdout.isatty() else WIDE, highlight=False).print(table)
