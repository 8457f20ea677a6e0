"""Options and steps that commands about a rollout share."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic_core import PydanticCustomError

from jetfleet.atomic_write import atomic_write
from jetfleet.cli.echo import echo
from jetfleet.errors import FleetError
from jetfleet.rollout.describe import described
from jetfleet.rollout.show import status_lines
from jetfleet.rollout.show_markdown import status_markdown
from jetfleet.rollout.spec.amount import seconds_of
from jetfleet.rollout.store import Store, default_path
from jetfleet.text import format_json

if TYPE_CHECKING:
    from jetfleet.rollout.rollout import Rollout
    from jetfleet.rollout.state import State


def span(text: str) -> int:
    """Return a duration of the command line, such as 50m, in seconds."""
    try:
        return seconds_of(text)
    except PydanticCustomError as error:
        raise typer.BadParameter(f"found {text}, expected {error.message()}") from error


Kept = Annotated[
    Path | None,
    typer.Option("--store", help="The file of rollouts; by default in ~/.local/state/jetfleet."),
]
Which = Annotated[str | None, typer.Argument(metavar="[ID]", help="By default the last one.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="The rollout.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; the next reader sees it.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON (schema 1).")]


def opened(path: Path | None) -> Store:
    """Return the store; raise `FleetError` where none is, because reading makes none."""
    found = path or default_path()
    if not found.exists():
        raise FleetError(f"{found} does not exist: no rollout was begun here, or name its --store")
    return Store(found)


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


def write(path: Path, text: str) -> None:
    """Write a file that was asked for; raise `FleetError` if it cannot be."""
    try:
        atomic_write(path, text)
    except OSError as error:
        raise FleetError(
            f"{path} cannot be written ({error.strerror}): name another place"
        ) from error
