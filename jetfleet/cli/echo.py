"""Lines of a command that name what a board, hub or file says."""

from __future__ import annotations

import typer

from jetfleet.text import printable_lines


def echo(text: str, *, err: bool = False) -> None:
    """Print lines without control characters, to standard output or standard error."""
    typer.echo(printable_lines(text), err=err)
