"""`jetfleet rollout status` and `watch`: how a rollout stands, from its store alone."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jetfleet.cli.echo import echo
from jetfleet.cli.options import AsMarkdown, Junit
from jetfleet.cli.rollout_options import Json, Kept, Which, opened, show, span, write
from jetfleet.errors import FleetError
from jetfleet.report.html import html_of
from jetfleet.report.rollout import page_of_rollout
from jetfleet.rollout.exit_code import exit_of
from jetfleet.rollout.fold import fold
from jetfleet.rollout.junit import junit
from jetfleet.rollout.show import status_lines

if TYPE_CHECKING:
    from jetfleet.rollout.store import Store

LOOK = 2.0
"""Seconds between two readings of the store; each reads what is new alone."""


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
        write(html, html_of(page_of_rollout(rollout, happened, time.time())))
    if junit_file:
        write(junit_file, junit(state, rollout))
    show(state, rollout, as_json=as_json, as_markdown=as_markdown)
    raise typer.Exit(exit_of(state))


def watch(
    name: Which = None,
    store: Kept = None,
    seconds: Annotated[
        int | None,
        typer.Option("--for", parser=span, metavar="50m", help="Watch that long; then it ends."),
    ] = None,
) -> None:
    """Show each change of a rollout until it is over. Watching changes nothing.

    Exit code: that of the rollout, 5 if it is not over.
    """
    with closing(opened(store)) as kept:
        rollout = kept.rollout(name or _last(kept))
        until = time.monotonic() + (float("inf") if seconds is None else seconds)
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


def _last(kept: Store) -> str:
    stored = kept.rollouts()
    if not stored:
        raise FleetError(f"{kept.path} has no rollouts: start one")
    return stored[-1].id
