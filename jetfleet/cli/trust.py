"""`jetfleet trust`: pin a host's key after a person has looked at it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from jetfleet import ssh
from jetfleet.atomic_write import atomic_write
from jetfleet.errors import FleetError
from jetfleet.validate import load_checked
from jetfleet.workstation.workstation import workstation_of


def trust(
    spec: Annotated[Path, typer.Argument(help="The fleet's YAML file.")],
    host: Annotated[str, typer.Argument(help="The host's name in it.")],
) -> None:
    """Show a host's SSH key, and pin it if you confirm it."""
    loaded, _ = load_checked(spec)
    found = next((one for one in loaded.hosts if one.name == host), None)
    if found is None:
        names = ", ".join(one.name for one in loaded.hosts)
        raise FleetError(f"{spec} has no host {host}: its hosts are {names}")
    side = workstation_of(spec)
    path, pinned = side.known_hosts, side.pinned()
    key = ssh.host_key(found.address, found.port)
    typer.echo(f"{host} ({found.address}) shows {ssh.fingerprint(key)}")
    typer.echo("Compare it with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the board.")
    typer.confirm("Is it the same?", abort=True)
    name = ssh.known_name(found.address, found.port)
    kept = [line for line in pinned if line.split(" ", 1)[0] != name]
    lines = [*kept, ssh.known_line(found.address, found.port, key)]
    atomic_write(path, "\n".join(lines) + "\n")
    typer.echo(f"pinned in {path}: commit it")
