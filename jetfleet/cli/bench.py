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

from jetfleet.bench.files import FOLDER, load_runs
from jetfleet.bench.page import markdown_with_plots, write_page, write_plots
from jetfleet.bench.points import checked_titles, commands_of
from jetfleet.bench.sweep import sweep as sweep_points
from jetfleet.bench.table import (
    COLUMNS,
    Comparison,
    common_of,
    compare,
    json_text,
    markdown,
    notes_of,
)
from jetfleet.cli.deploy import Deploy
from jetfleet.cli.exit_codes import ExitCode, interrupted
from jetfleet.cli.options import Limit, Reboot, Spec
from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import find_deploy
from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.bench.result import Run

COLUMNS_OF_A_FILE = 80
"""Width of tables that are not printed on a terminal."""

app = typer.Typer(
    help="Compare benchmarks of model servers, or measure a sweep.\n\n"
    "The deploy deploys/bench.py measures the state that the boards have.",
    no_args_is_help=True,
)


@app.command()
def sweep(
    spec: Spec,
    deploy: Deploy = None,
    limit: Limit = None,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
    reboot: Reboot = False,
    loads: Annotated[
        str, typer.Option(help="Names of loads, separated by commas; else those of the spec.")
    ] = "",
    runs: Annotated[
        int | None, typer.Option(min=1, max=20, help="How often each load is measured.")
    ] = None,
    results: Annotated[Path, typer.Option(help="Folder of the results.")] = Path(FOLDER),
) -> None:
    """Apply and measure each point of `bench.over`, then put the spec's state back.

    The state of the spec is put back after a failure and after Ctrl-C, too.
    """
    titles = checked_titles(spec, limit or ())
    if not yes:
        typer.echo("\n".join(f"{number}. {one}" for number, one in enumerate(titles, 1)), err=True)
        if not sys.stdin.isatty():
            raise FleetError("there is no terminal to ask: run again with -y")
        typer.confirm("Apply and measure each of them on the boards?", abort=True, err=True)
    data = [f"results={results}", *([f"loads={loads}"] if loads else [])]
    data += [f"runs={runs}"] if runs else []
    commands = commands_of(spec, find_deploy(spec, deploy), limit or (), data, reboot=reboot)
    swept = sweep_points(titles, commands, lambda line: typer.echo(f"sweep: {line}", err=True))
    for title, reason in swept.failed.items():
        typer.echo(f"not measured: {printable(title)}: {reason}", err=True)
    if not swept.restored:
        typer.echo(f"the boards still have another state: run `jetfleet apply {spec}`", err=True)
    if swept.signal:
        raise typer.Exit(interrupted(swept.signal))
    if swept.failed or not swept.restored:
        raise typer.Exit(ExitCode.FAILED)
    typer.echo(f"`jetfleet bench show {results}` compares the points", err=True)


@app.command()
def show(
    files: Annotated[
        list[Path] | None, typer.Argument(help=f"Files or folders of results; else {FOLDER}.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON (schema 2).")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with tables and plots here.")
    ] = None,
    plots: Annotated[
        Path | None, typer.Option("--plots", help="Write plots as SVG into this folder.")
    ] = None,
) -> None:
    """Lay benchmarks side by side: a table a load, a line a run, the best figures marked."""
    runs = load_runs(files or [Path(FOLDER)])
    if html:
        write_page(runs, html)
    if as_json:
        sys.stdout.write(json_text(runs))
    elif as_markdown:
        typer.echo(markdown_with_plots(runs, plots) if plots else markdown(runs), nl=False)
    else:
        if plots:
            write_plots(runs, plots)
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
            Text(one.marked(number, column), _style(one, number, column))
            for column in range(len(COLUMNS))
        ]
        table.add_row(Text(printable(line.setting)), *cells, line.spread or "-")
    return table


def _style(one: Comparison, line: int, column: int) -> str:
    if one.lines[line].false:
        return "yellow"
    return "bold green" if one.is_best(line, column) else ""
