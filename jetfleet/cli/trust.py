"""`jetfleet trust`: pin a host's key after a person has compared it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import paramiko
import typer

from jetfleet import ssh
from jetfleet.atomic_write import atomic_write
from jetfleet.errors import FleetError
from jetfleet.hostkeys.check import HostKeyRefused, is_trusted, offered
from jetfleet.hostkeys.known_hosts import HostName
from jetfleet.validate import load_checked
from jetfleet.workstation.workstation import workstation_of

if TYPE_CHECKING:
    from jetfleet.hostkeys.known_hosts import PinnedKey


def trust(
    spec: Annotated[Path, typer.Argument(help="The fleet's YAML file.")],
    host: Annotated[str, typer.Argument(help="The host's name in it.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the key that is pinned for the host.")
    ] = False,
) -> None:
    """Show a host's SSH key, and pin it if you confirm it."""
    loaded, _ = load_checked(spec)
    found = next((one for one in loaded.hosts if one.name == host), None)
    if found is None:
        names = ", ".join(one.name for one in loaded.hosts)
        raise FleetError(f"{spec} has no host {host}: its hosts are {names}")
    side = workstation_of(spec)
    path, known = side.known_hosts, side.pinned()
    name = HostName(found.address, found.port)
    key = ssh.host_key(found.address, found.port, offered(known, name))
    shown = ssh.fingerprint(key.get_name(), key.asbytes())
    try:
        if is_trusted(known, name, key):
            by = "is" if key.public_blob is None else "is, or its authority is,"
            typer.echo(f"{host} ({found.address}) shows {shown}, which {by} pinned in {path}")
            return
    except paramiko.BadHostKeyException:
        _show_change(f"{host} ({found.address})", shown, known.keys(name), path)
        if not replace:
            raise FleetError(
                f"{host} was not changed in {path}: compare the key on the board, then run "
                f"`jetfleet trust {spec} {host} --replace`"
            ) from None
    except HostKeyRefused as error:
        raise FleetError(f"{host} ({found.address}) shows {shown}: {error}") from error
    else:
        typer.echo(f"{host} ({found.address}) shows {shown}")
    typer.echo("Compare it with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the board.")
    typer.confirm("Is it the same?", abort=True)
    atomic_write(path, known.replaced(name, ssh.known_line(found.address, found.port, key)))
    typer.echo(f"pinned in {path}: commit it")


def _show_change(host: str, shown: str, pinned: list[PinnedKey], path: Path) -> None:
    """Print the keys that are pinned for a host, and the one that it shows."""
    typer.echo(f"{host} has ANOTHER KEY than the one that is pinned:")
    for key in pinned:
        typer.echo(f"  pinned: {ssh.fingerprint(key.type, key.key)} ({path}:{key.number})")
    typer.echo(f"  shown:  {shown}")
    typer.echo("A board that was flashed has a new key. So has another machine in its place.")
