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
from jetfleet.bench.table import (
    COLUMNS,
    Comparison,
    common_of,
    compare,
    json_text,
    markdown,
    notes_of,
)
from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.bench.result import Run

COLUMNS_OF_A_FILE = 80
"""Width of tables that are not printed on a terminal."""

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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON (schema 2).")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
) -> None:
    """Lay benchmarks side by side: a table a load, a line a run, the best figures marked."""
    runs = load_runs(files or [Path(FOLDER)])
    if as_json:
        sys.stdout.write(json_text(runs))
    elif as_markdown:
        typer.echo(markdown(runs), nl=False)
    else:
        width = None if sys.stdout.isatty() else COLUMNS_OF_A_FILE
        tables(runs, Console(width=width, highlight=False))


def tables(runs: Sequence[Run], console: Console) -> None:
    """Print a table for each load, and below it why figures must not be trusted."""
    console.print(Text(f"All runs: {printable(common_of(runs))}"), soft_wrap=False)
    for one in compare(runs):
        console.print(_table(one))
        for note in notes_of(one):
            console.print(Text(f"! {printable(note)}", "yellow"))


def _table(one: Comparison) -> Table:
    title = Text(printable(one.title))
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("setting", overflow="fold")
    for column in COLUMNS:
        table.add_column(column.short, justify="right", no_wrap=True)
    table.add_column("spread", justify="right", no_wrap=True)
    for number, line in enumerate(one.lines):
        cells = [
            Text(f"{figure} *", "bold green") if one.is_best(number, column)
            else Text(f"{figure} !" if line.false else figure, "yellow" if line.false else "")
            for column, figure in enumerate(line.figures)
        ]  # fmt: skip
        table.add_row(Text(printable(line.setting)), *cells, line.spread or "-")
    return table
