"""`jetfleet bench`: benchmarks side by side, and sweeps."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from jetfleet.bench.files import FOLDER, files_in, load_runs
from jetfleet.bench.page import markdown_with_plots, write_page, write_plots
from jetfleet.bench.points import checked_points, commands_of, limits_of
from jetfleet.bench.show_terminal import WIDTH
from jetfleet.bench.show_terminal import show as show_tables
from jetfleet.bench.sweep import sweep as sweep_points
from jetfleet.bench.table import json_text, markdown
from jetfleet.cli.deploy import Deploy
from jetfleet.cli.exit_codes import ExitCode, interrupted
from jetfleet.cli.options import Limit, Reboot, Spec
from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import find_deploy
from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jetfleet.bench.result import Run

app = typer.Typer(
    help="Compare benchmarks of model servers, or measure a sweep.\n\n"
    "The deploy deploys/bench.py measures the state that the boards have.",
    no_args_is_help=True,
)

Markdown = Annotated[bool, typer.Option("--markdown", help="Print Markdown.")]
Html = Annotated[
    Path | None, typer.Option("--html", help="Write a page with tables and plots here.")
]
Plots = Annotated[Path | None, typer.Option("--plots", help="Write plots as SVG into this folder.")]


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
    as_markdown: Markdown = False,
    html: Html = None,
    plots: Plots = None,
) -> None:
    """Apply and measure each point of `bench.over`, put the spec's state back, and show the tables.

    The state of the spec is put back after a failure and after Ctrl-C, too.
    """
    points = checked_points(spec, limit or ())
    _ask(points, yes=yes)
    data = {"results": str(results.absolute()), "loads": loads, "runs": str(runs or "")}
    options = ["--deploy", str(find_deploy(spec, deploy)), *limits_of(limit or ())]
    options += ["--reboot"] if reboot else []
    commands = commands_of(spec, options, points, data)
    before = files_in(results)
    swept = sweep_points(list(points), commands, lambda line: _say(f"sweep: {line}"))
    # The user must read this even if a file cannot be.
    for title, reason in swept.failed.items():
        _say(f"not measured: {title}: {reason}")
    if not swept.restored:
        _say(f"the boards still have another state: run `jetfleet apply {spec}`")
    if new := sorted(files_in(results) - before):
        _show(load_runs(new), html, plots, as_markdown=as_markdown)
    if swept.signal:
        raise typer.Exit(interrupted(swept.signal))
    if swept.failed or not swept.restored:
        raise typer.Exit(ExitCode.FAILED)


@app.command()
def show(
    files: Annotated[
        list[Path] | None, typer.Argument(help=f"Files or folders of results; else {FOLDER}.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON (schema 2).")] = False,
    as_markdown: Markdown = False,
    html: Html = None,
    plots: Plots = None,
) -> None:
    """Lay benchmarks side by side: a table a load, a line a run, the best figures marked."""
    runs = load_runs(files or [Path(FOLDER)])
    _show(runs, html, plots, as_json=as_json, as_markdown=as_markdown)


def _say(line: str) -> None:
    typer.echo(printable(line), err=True)


def _ask(titles: Iterable[str], *, yes: bool) -> None:
    if yes:
        return
    listed = [f"{number}. {printable(one)}" for number, one in enumerate(titles, 1)]
    typer.echo("\n".join(listed), err=True)
    if not sys.stdin.isatty():
        raise FleetError("there is no terminal to ask: run again with -y")
    typer.confirm("Apply and measure each of them on the boards?", abort=True, err=True)


def _show(
    runs: Sequence[Run],
    html: Path | None,
    plots: Path | None,
    *,
    as_json: bool = False,
    as_markdown: bool = False,
) -> None:
    if html:
        write_page(runs, html)
    if plots and (as_json or not as_markdown):
        write_plots(runs, plots)
    if as_json:
        sys.stdout.write(json_text(runs))
    elif as_markdown:
        typer.echo(markdown_with_plots(runs, plots) if plots else markdown(runs), nl=False)
    else:
        width = None if sys.stdout.isatty() else WIDTH
        show_tables(runs, Console(width=width, highlight=False))
