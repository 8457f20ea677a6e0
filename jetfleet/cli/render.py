"""`jetfleet render`: all that would land on every board, as a tree of files for review."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jetfleet.cli.deploy import Deploy
from jetfleet.cli.echo import echo
from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import find_deploy, roles_beside, roles_of
from jetfleet.render import review, write
from jetfleet.text import format_count, format_json

Spec = Annotated[Path, typer.Argument(help="The fleet's YAML file.")]
Locked = Annotated[bool, typer.Option("--locked", help="It is an error if anything is not locked.")]


def render(
    spec: Spec,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The folder to write.")
    ] = None,
    deploy: Deploy = None,
    locked: Locked = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON on standard output, with the files.")
    ] = False,
) -> None:
    """Write every file that would land on every host.

    Asks no host, key or network; secrets stand as ***. The same input gives the same bytes, and
    files of an earlier rendering are taken away. Exit status: 0, or 1 for an error.
    """
    if output is None and not as_json:
        raise FleetError("where to? Name a folder with -o, or ask for --json")
    judged = find_deploy(spec, deploy)
    found = review(spec, roles_of(judged), roles_beside(judged))
    if locked and found.gaps:
        raise FleetError("\n".join(found.warnings))
    for warning in found.warnings:
        echo(warning, err=True)
    hosts = found.hosts
    if output is not None:
        write(hosts, output)
    if as_json:
        shown = [{**host.values, "files": host.files} for host in hosts]
        answer = {"schema": 1, "spec": str(spec), "not_locked": list(found.gaps), "hosts": shown}
        typer.echo(format_json(answer, sort_keys=True))
    else:
        files = sum(len(host.files) for host in hosts)
        counts = f"{format_count(len(hosts), 'host')}, {format_count(files, 'file')}"
        typer.echo(f"{output}: {counts}")
