"""`jetfleet bench`: benchmarks that were run, side by side."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from jetfleet.bench.result import FOLDER, load_runs
from jetfleet.bench.table import ABOUT, COLUMNS, Comparison, compare, json_text, markdown
from jetfleet.cli.status import WIDE
from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.bench.result import Run

app = typer.Typer(
    help="Compare benchmarks of model servers.\n\nThe deploy deploys/bench.py runs them.",
    no_args_is_help=True,
)


@app.callback()
def _bench() -> None:
    """Keep `show` a command of its own, for others to come beside it."""


@app.command()
def show(
    files: Annotated[
        list[Path] | None, typer.Argument(help=f"Files or folders of results; else {FOLDER}.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON (schema 1).")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
) -> None:
    """Lay benchmarks side by side: a table a load, a line a run, the best figures marked."""
    runs = load_runs(files or [Path(FOLDER)])
    if as_json:
        sys.stdout.write(json_text(runs))
    elif as_markdown:
        typer.echo(markdown(runs), nl=False)
    else:
        tables(runs, Console(width=None if sys.stdout.isatty() else WIDE, highlight=False))


def tables(runs: Sequence[Run], console: Console) -> None:
    """Print a table for each load."""
    for one in compare(runs):
        console.print(_table(one))


def _table(one: Comparison) -> Table:
    table = Table(title=Text(one.title), title_justify="left", box=box.SIMPLE_HEAD)
    for name in ABOUT:
        table.add_column(name)
    for column in COLUMNS:
        table.add_column(column.title, justify="right")
    for number, (about, figures) in enumerate(one.lines):
        marked = [
            Text(f"{figure} *" if number == best and len(one.lines) > 1 else figure,
                 "bold green" if number == best and len(one.lines) > 1 else "")
            for figure, best in zip(figures, one.best, strict=True)
        ]  # fmt: skip
        table.add_row(*(Text(printable(cell)) for cell in about), *marked)
    return table
