"""`jetfleet trust`: pin a host's key after a person has looked at it."""

from __future__ import annotations

import base64
import hashlib
import socket
from pathlib import Path
from typing import Annotated

import paramiko
import typer

from jetfleet.atomic_write import atomic_write
from jetfleet.errors import FleetError
from jetfleet.validate import load_checked
from jetfleet.workstation import workstation_of


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
    key = _key_of(found.address, found.port)
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    typer.echo(f"{host} ({found.address}) shows {key.get_name()} SHA256:{digest}")
    typer.echo("Compare it with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the board.")
    typer.confirm("Is it the same?", abort=True)
    address = found.address if found.port == _SSH else f"[{found.address}]:{found.port}"
    kept = [line for line in pinned if line.split(" ", 1)[0] != address]
    lines = [*kept, f"{address} {key.get_name()} {key.get_base64()}"]
    atomic_write(path, "\n".join(lines) + "\n")
    typer.echo(f"pinned in {path}: commit it")


_SSH = 22


def _key_of(address: str, port: int) -> paramiko.PKey:
    try:
        with socket.create_connection((address, port), timeout=10) as connection:
            transport = paramiko.Transport(connection)
            # pyinfra's SSH client prefers the same kind, so that it finds the pinned one.
            transport.get_security_options().key_types = ("ssh-ed25519", "ecdsa-sha2-nistp256")
            transport.start_client(timeout=10)
            key = transport.get_remote_server_key()
            transport.close()
    except (OSError, paramiko.SSHException) as error:
        raise FleetError(
            f"no SSH server answers at {address}:{port} ({error}): check address and power"
        ) from error
    return key
