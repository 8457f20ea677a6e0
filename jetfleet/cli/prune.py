"""`jetfleet prune`: list models that nothing refers to, with their sizes, and remove them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from jetfleet.cli.deploy import Deploy
from jetfleet.deploy import OURS, find_deploy, roles_of
from jetfleet.fleet import Fleet
from jetfleet.plan.make import Request, hosts_of


def prune(
    spec: Annotated[Path, typer.Argument(help="The fleet's YAML file.")],
    host: Annotated[list[str] | None, typer.Argument(help="Only these hosts.")] = None,
    deploy: Deploy = None,
    yes: Annotated[bool, typer.Option("-y", help="Do not ask after listing.")] = False,
) -> None:
    """List models that nothing refers to, ask, and remove them.

    Neither the spec nor the last apply names them. Models that jetfleet did not install are neither
    listed nor touched.
    """
    judged = find_deploy(spec, deploy)
    request = Request(spec, OURS / "prune.py")
    request.check()
    hosts = hosts_of(Fleet.load(spec, roles_of(judged)).spec, host or ())
    limits = [word for name in (hosts if host else ()) for word in ("--limit", name)]
    command = [
        str(Path(sys.executable).with_name("pyinfra")),
        str(request.inventory),
        str(request.deploy),
        "--data",
        "prune=yes",
        "--data",
        f"deploy={judged}",
        *limits,
    ]
    if yes:
        # pyinfra's `-y` would not list first: the plan is made on its own.
        subprocess.run([*command, "--dry"], check=False)
        command.append("-y")
    raise typer.Exit(subprocess.run(command, check=False).returncode)
