"""`jetfleet init`: the repository of a new fleet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jetfleet.starter import lay_out


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Where; here if left out.")
    ] = Path(),
) -> None:
    """Lay out a new fleet's repository, for you to fill in.

    An inventory that is valid as it stands, deploys, pinned keys, CI and a README of its own.
    Nothing is ever overwritten: if one of the files is there, none is written.
    """
    written = lay_out(folder)
    for name in written:
        typer.echo(f"  {folder / name}")
    typer.echo(f"Next: read {folder / 'README.md'}, fill in {folder / 'inventory/lab.yaml'} at <-")
