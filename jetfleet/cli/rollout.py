"""`jetfleet rollout`: what a rollout would do, and how one stands."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jetfleet.atomic_write import atomic_write
from jetfleet.cli.echo import echo
from jetfleet.cli.exit_codes import ExitCode
from jetfleet.cli.options import AsMarkdown, Junit
from jetfleet.errors import FleetError
from jetfleet.report.html import html_of
from jetfleet.report.rollout import page_of_rollout
from jetfleet.rollout.describe import described
from jetfleet.rollout.exit_code import exit_of
from jetfleet.rollout.fold import fold
from jetfleet.rollout.freeze import Identity, freeze
from jetfleet.rollout.junit import junit
from jetfleet.rollout.show import plan_lines, status_lines
from jetfleet.rollout.show_markdown import plan_markdown, status_markdown
from jetfleet.rollout.spec.load import load_rollout
from jetfleet.rollout.store import Store, default_path
from jetfleet.rollout.store.encode import rollout_data
from jetfleet.text import format_json, read_json

if TYPE_CHECKING:
    from jetfleet.rollout.rollout import Rollout
    from jetfleet.rollout.state import State

LOOK = 2.0
"""Seconds between two readings of the store; each reads what is new alone."""

app = typer.Typer(help="Bring a change to a fleet in waves, and see how that stands.")

Kept = Annotated[
    Path | None,
    typer.Option("--store", help="The file of rollouts; by default in ~/.local/state/jetfleet."),
]
Which = Annotated[str | None, typer.Argument(metavar="[ID]", help="By default the last one.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON (schema 1).")]


@app.command()
def plan(
    file: Annotated[Path, typer.Argument(help="The rollout's YAML file.")],
    as_json: Json = False,
    as_markdown: AsMarkdown = False,
) -> None:
    """Show waves, gates and limits of a rollout file. No board is asked.

    Exit code: 0, or 1 if the file or its spec is wrong.
    """
    read, spec = load_rollout(file)
    rollout = freeze(read, spec, Identity("plan", "", read.spec))
    if as_json:
        echo(format_json({"schema": 1, **read_json(rollout_data(rollout))}))
    elif as_markdown:
        echo(plan_markdown(rollout).rstrip("\n"))
    else:
        for line in plan_lines(rollout):
            echo(line)
    raise typer.Exit(ExitCode.DONE)


@app.command()
def status(
    name: Which = None,
    as_json: Json = False,
    as_markdown: AsMarkdown = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page here.")] = None,
    junit_file: Junit = None,
    store: Kept = None,
) -> None:
    """Show how a rollout stands: waves, gates, hosts, and what it waits for.

    Exit code: that of the rollout, 5 while it is not over.
    """
    with closing(opened(store)) as kept:
        rollout = kept.rollout(name or _last(kept))
        happened = [event for _, event in kept.events(rollout.id)]
    state = fold(rollout, happened)
    if html:
        _write(html, html_of(page_of_rollout(rollout, happened, time.time())))
    if junit_file:
        _write(junit_file, junit(state, rollout))
    show(state, rollout, as_json=as_json, as_markdown=as_markdown)
    raise typer.Exit(exit_of(state))


@app.command()
def watch(
    name: Which = None,
    store: Kept = None,
    minutes: Annotated[
        float | None, typer.Option("--for", min=0, help="Minutes to watch; then the code is 5.")
    ] = None,
) -> None:
    """Show each change of a rollout until it is over. Watching changes nothing.

    Exit code: that of the rollout, 5 if it is not over.
    """
    with closing(opened(store)) as kept:
        rollout = kept.rollout(name or _last(kept))
        until = time.monotonic() + 60 * minutes if minutes is not None else float("inf")
        state, seen, shown = fold(rollout, ()), 0, ""
        while True:
            for number, event in kept.events(rollout.id, seen):
                fold(rollout, [event], state)
                seen = number
            text = "\n".join(status_lines(state, rollout, time.time()))
            if text != shown:
                echo(text)
            shown = text
            if state.ended or time.monotonic() >= until:
                break
            time.sleep(LOOK)
    raise typer.Exit(exit_of(state))


def opened(path: Path | None) -> Store:
    """Return the store; raise `FleetError` where none is, because reading makes none."""
    found = path or default_path()
    if not found.exists():
        raise FleetError(f"{found} does not exist: no rollout was begun here, or name its --store")
    return Store(found)


def _last(kept: Store) -> str:
    stored = kept.rollouts()
    if not stored:
        raise FleetError(f"{kept.path} has no rollouts: start one")
    return stored[-1].id


def show(
    state: State, rollout: Rollout, *, as_json: bool = False, as_markdown: bool = False
) -> None:
    """Print how a rollout stands now."""
    if as_json and as_markdown:
        raise FleetError("--json and --markdown both go to standard output: choose one")
    if as_json:
        echo(format_json(described(state, rollout, time.time())))
        return
    if as_markdown:
        echo(status_markdown(state, rollout, time.time()).rstrip("\n"))
        return
    for line in status_lines(state, rollout, time.time()):
        echo(line)


def _write(path: Path, text: str) -> None:
    try:
        atomic_write(path, text)
    except OSError as error:
        raise FleetError(
            f"{path} cannot be written ({error.strerror}): name another place"
        ) from error
