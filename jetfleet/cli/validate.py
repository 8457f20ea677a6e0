"""`jetfleet validate` and `jetfleet schema`: a spec's errors, and what an editor can know of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from jetfleet.cli.problems import sentences, values
from jetfleet.errors import FleetError
from jetfleet.spec.problem import SpecError
from jetfleet.spec.schema import json_schema
from jetfleet.validate import problems_of


def validate(
    specs: Annotated[list[Path], typer.Argument(help="The fleets' YAML files.")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Print every error of every spec with its place and remedy; no host is asked.

    Exit status: 0 if all may be applied (warnings included), 1 if not.
    """
    results = [_result(path) for path in specs]
    valid = all(result["valid"] for result in results)
    if as_json:
        shown = [{**one, "problems": [values(p) for p in one["problems"]]} for one in results]
        typer.echo(json.dumps({"schema": 1, "valid": valid, "specs": shown}, indent=2))
    else:
        for result in results:
            _show(result)
    raise typer.Exit(0 if valid else 1)


def _result(path: Path) -> dict[str, Any]:
    hosts, error = 0, None
    try:
        spec, problems = problems_of(path)
        hosts = len(spec.hosts)
    except SpecError as wrong:
        problems = list(wrong.problems)
    except FleetError as unreadable:
        problems, error = [], str(unreadable)
    valid = error is None and all(problem.warning for problem in problems)
    return {
        "file": str(path),
        "valid": valid,
        "hosts": hosts,
        "error": error,
        "problems": problems,
    }


def _show(result: dict[str, Any]) -> None:
    path, problems = result["file"], result["problems"]
    if result["error"]:
        typer.echo(result["error"], err=True)
        return
    if problems:
        typer.echo(sentences(problems), err=True)
    wrong = sum(not problem.warning for problem in problems)
    if wrong:
        typer.echo(f"{path}: {_counted(wrong, 'error')}", err=True)
    else:
        typer.echo(f"{path}: {_counted(result['hosts'], 'host')}, no errors")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def schema() -> None:
    """Write the JSON Schema of specs, for editors and their completion."""
    typer.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
