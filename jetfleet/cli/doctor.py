"""`jetfleet doctor`: what is missing on this workstation, and what to do about it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from jetfleet.cli.deploy import Deploy
from jetfleet.cli.echo import echo
from jetfleet.cli.exit_codes import ExitCode
from jetfleet.doctor import Finding, names_every_key, of_fleet, of_station, of_twins


def doctor(
    specs: Annotated[
        list[Path] | None, typer.Argument(help="What these need too: lock, host keys, secrets.")
    ] = None,
    twins: Annotated[
        bool, typer.Option("--twins", help="What virtual Jetsons need counts, too.")
    ] = False,
    deploy: Deploy = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Say what is missing on this workstation, and what to do.

    No host is asked, no secret is read. Exit status: 0 if nothing is missing, 1 if something is.
    """
    station = of_station(login_key=not names_every_key(specs or ()))
    needed = [*station, *(found for spec in specs or () for found in of_fleet(spec, deploy))]
    extra = list(of_twins())
    counted = [*needed, *(extra if twins else ())]
    ok = all(found.ok for found in counted)
    if as_json:
        shown = [
            {**asdict(one), "ok": one.ok, "counts": one in counted} for one in [*needed, *extra]
        ]
        typer.echo(json.dumps({"schema": 1, "ok": ok, "findings": shown}, indent=2))
    else:
        for found in needed:
            _show(found, "missing", "red")
        for found in extra:
            _show(found, "missing" if twins else "only for twins", "red" if twins else "yellow")
        wrong = sum(not found.ok for found in counted)
        typer.echo("nothing is missing" if ok else f"{wrong} missing: see the remedies above")
    raise typer.Exit(ExitCode.DONE if ok else ExitCode.ERROR)


def _show(found: Finding, word: str, colour: str) -> None:
    mark = typer.style("ok", fg="green") if found.ok else typer.style(word, fg=colour)
    echo(f"{mark}  {found.what}: {found.found}")
    if not found.ok:
        echo(f"      = {found.remedy}")
