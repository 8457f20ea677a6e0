"""`jetfleet prune`: list models that nothing refers to, with their sizes, and remove them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer


def prune(
    spec: Annotated[Path, typer.Argument(help="The fleet's YAML file.")],
    host: Annotated[list[str] | None, typer.Argument(help="Only these hosts.")] = None,
    yes: Annotated[bool, typer.Option("-y", help="Do not ask after listing.")] = False,
) -> None:
    """List models that neither the spec nor the last apply refers to, ask, and remove them.

    What jetfleet did not put there is neither listed nor touched.
    """
    limits = [word for name in host or () for word in ("--limit", name)]
    command = [
        str(Path(sys.executable).with_name("pyinfra")),
        str(spec.with_suffix(".py")),
        "deploys/prune.py",
        "--data",
        "prune=yes",
        *limits,
    ]
    if yes:
        # pyinfra's `-y` would not list first: the plan is made on its own.
        subprocess.run([*command, "--dry"], check=False)
        command.append("-y")
    raise typer.Exit(subprocess.run(command, check=False).returncode)
