"""Benchmarks on a terminal: a table for each load, and below it what makes a figure doubtful."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from jetfleet.bench.table import COLUMNS, Comparison, common_of, compare, notes_of
from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from jetfleet.bench.result import Run

WIDTH = 80
"""Width of tables that are not printed on a terminal."""


def show(runs: Sequence[Run], console: Console) -> None:
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
            Text(one.marked(number, column), _style(one, number, column))
            for column in range(len(COLUMNS))
        ]
        table.add_row(Text(printable(line.setting)), *cells, line.spread or "-")
    return table


def _style(one: Comparison, line: int, column: int) -> str:
    if one.lines[line].false:
        return "yellow"
    return "bold green" if one.is_best(line, column) else ""
