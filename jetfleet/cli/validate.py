"""`jetfleet validate` and `jetfleet schema`: a spec's errors, and what an editor can know of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from jetfleet.errors import FleetError
from jetfleet.spec.schema import json_schema
from jetfleet.validate import load_checked


def validate(
    specs: Annotated[list[Path], typer.Argument(help="The fleets' YAML files.")],
) -> None:
    """Print every error of every spec, with its line and what to write; no host is asked."""
    wrong = 0
    for path in specs:
        try:
            spec, warnings = load_checked(path)
        except FleetError as error:
            wrong += 1
            typer.echo(f"{error}", err=True)
            continue
        for warning in warnings:
            typer.echo(warning, err=True)
        typer.echo(f"{path}: {len(spec.hosts)} hosts, no errors")
    raise typer.Exit(1 if wrong else 0)


def schema() -> None:
    """Write the JSON Schema of specs, for editors."""
    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
