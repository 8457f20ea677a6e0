"""`jetfleet validate` and `jetfleet schema`: a spec's errors, and what an editor can know of it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jetfleet.cli.deploy import Deploy
from jetfleet.cli.echo import echo
from jetfleet.cli.exit_codes import ExitCode
from jetfleet.cli.problems import sentences, values
from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import find_deploy, roles_beside, roles_of
from jetfleet.lock.file import load_lock
from jetfleet.role.settings import check_of
from jetfleet.rollout.spec.schema import rollout_schema
from jetfleet.spec.problem import SpecError
from jetfleet.spec.schema import json_schema
from jetfleet.text import format_count, format_json
from jetfleet.validate import memory_of, problems_of, waivers
from jetfleet.workstation.workstation import lock_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jetfleet.memory.host import HostMemory
    from jetfleet.validate.check import Check
    from jetfleet.validate.waive import Waiver


_NAMED = 3
"""Hosts of a line that need not be counted."""


def validate(
    specs: Annotated[list[Path], typer.Argument(help="The fleets' YAML files.")],
    deploy: Deploy = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Print every error of a spec, its place and remedy.

    Exit status: 0 if all may be applied (warnings included), 1 if not.
    """
    results = [_result(path, deploy) for path in specs]
    valid = all(result["valid"] for result in results)
    if as_json:
        shown = [_plain(result) for result in results]
        typer.echo(json.dumps({"schema": 1, "valid": valid, "specs": shown}, indent=2))
    else:
        for result in results:
            _show(result)
    raise typer.Exit(ExitCode.DONE if valid else ExitCode.ERROR)


def _result(path: Path, deploy: Path | None) -> dict[str, Any]:
    check, error = _settings_of(path, deploy)
    hosts = 0
    memory: dict[str, HostMemory] = {}
    waived: tuple[Waiver, ...] = ()
    try:
        locked = lock_path(path)
        lock = load_lock(locked) if locked.exists() else None
        spec, problems = problems_of(path, lock, check)
        hosts = len(spec.hosts)
        if all(problem.warning for problem in problems):
            memory = {host.name: memory_of(spec, lock, host.name) for host in spec.hosts}
            waived = waivers(spec)
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
        "memory": memory,
        "waivers": waived,
    }


def _settings_of(path: Path, deploy: Path | None) -> tuple[Check | None, str | None]:
    """Return the check of the settings of roles, and an error if the deploy cannot be read.

    A spec may stand alone: without a deploy there is no check.
    """
    try:
        judged = find_deploy(path, deploy)
    except FleetError as error:
        return None, str(error) if deploy else None
    try:
        return check_of(roles_of(judged), roles_beside(judged)), None
    except FleetError as error:
        return None, str(error)


def _plain(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result as JSON values; memory in bytes, with its level in a word."""
    return {
        **result,
        "problems": [values(problem) for problem in result["problems"]],
        "waivers": [asdict(waiver) for waiver in result["waivers"]],
        "memory": {
            host: {
                "board": memory.board,
                "total": memory.total,
                "level": memory.level.name,
                "sure": memory.sure,
                "services": {need.name: need.total for need in memory.needs},
            }
            for host, memory in result["memory"].items()
        },
    }


def _show(result: dict[str, Any]) -> None:
    path, problems = result["file"], result["problems"]
    if problems:
        typer.echo(sentences(problems), err=True)
    if result["error"]:
        echo(result["error"], err=True)
        return
    wrong = sum(not problem.warning for problem in problems)
    for line in _together(_said(result)):
        echo(line)
    if wrong:
        typer.echo(f"{path}: {format_count(wrong, 'error')}", err=True)
    else:
        typer.echo(f"{path}: {format_count(result['hosts'], 'host')}, no errors")


def _said(result: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each thing to say of a host, with its name."""
    for waiver in result["waivers"]:
        on = f": {waiver.service}" if waiver.service else ""
        yield waiver.host, f"{on}: waived: {waiver.rule}: {waiver.reason}"
    for host, memory in result["memory"].items():
        if memory.needs:
            yield host, f": memory: {memory.sentence}"


def _together(said: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a line for each text, with the names of all hosts that it is about."""
    hosts: dict[str, list[str]] = {}
    for host, text in said:
        hosts.setdefault(text, []).append(host)
    for text, names in hosts.items():
        many = f" ({len(names)} hosts)" if names[_NAMED:] else ""
        yield f"{', '.join(names)}{many}{text}"


def schema(
    rollout: Annotated[
        bool, typer.Option("--rollout", help="That of rollout files instead.")
    ] = False,
) -> None:
    """Write the JSON Schema of specs, for editors and their completion."""
    typer.echo(format_json(rollout_schema() if rollout else json_schema()))
