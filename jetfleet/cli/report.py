"""`jetfleet report`: a run or a status as one page that needs nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jetfleet.errors import FleetError
from jetfleet.report.html import html_of
from jetfleet.report.read import page_of


def report(
    run: Annotated[
        Path, typer.Argument(help="A run folder, or what `jetfleet status --json` wrote.")
    ],
    html: Annotated[Path, typer.Option("--html", help="The page to write.")],
) -> None:
    """Write a run or a status as one self-contained HTML page."""
    text = html_of(page_of(run))
    try:
        html.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FleetError(
            f"{html} cannot be written ({error.strerror}): name another place"
        ) from error
    typer.echo(f"wrote {html}")
