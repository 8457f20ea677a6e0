"""`jetfleet trust`: pin the keys of hosts after a person has compared them."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import paramiko
import typer

from jetfleet import ssh
from jetfleet.atomic_write import atomic_write
from jetfleet.cli.echo import echo
from jetfleet.errors import FleetError
from jetfleet.hostkeys.check import HostKeyRefused, is_trusted, offered
from jetfleet.hostkeys.known_hosts import HostName
from jetfleet.inventory.route import reached
from jetfleet.ssh.jump import JumpRefused
from jetfleet.text import format_count
from jetfleet.validate import load_checked
from jetfleet.workstation.workstation import workstation_of

if TYPE_CHECKING:
    from jetfleet.hostkeys.known_hosts import PinnedKey
    from jetfleet.inventory.route import Reached
    from jetfleet.spec.model import HostSpec

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?")
_KINDS = {"ssh-ed25519": "ed25519", "ssh-rsa": "rsa"}


@dataclass(frozen=True)
class _How:
    """How a key is confirmed: by a question, by its fingerprint, or not at all."""

    replace: bool
    fingerprint: str
    yes: bool


def trust(
    spec: Annotated[Path, typer.Argument(help="The fleet's YAML file.")],
    host: Annotated[str | None, typer.Argument(help="The host's name in it.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All hosts, one after the other.")] = False,
    fingerprint: Annotated[
        str, typer.Option(metavar="SHA256:…", help="Pin this key alone, without a question.")
    ] = "",
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Pin first keys without comparing them.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the key that is pinned for the host.")
    ] = False,
) -> None:
    """Show a host's SSH key, and pin it if you confirm it."""
    _check(host, every, fingerprint, yes and replace)
    loaded, _ = load_checked(spec)
    found = [one for one in loaded.hosts if every or one.name == host]
    if not found:
        names = ", ".join(one.name for one in loaded.hosts)
        raise FleetError(f"{spec} has no host {host}: its hosts are {names}")
    how = _How(replace, fingerprint.removesuffix("="), yes)
    if not every:
        _trust(spec, found[0], how)
        return
    left = sum(not _tried(spec, one, how) for one in found)
    if left:
        raise FleetError(
            f"{left} of {format_count(len(found), 'host')} not pinned: see above, and run again"
        )


def _check(host: str | None, every: bool, fingerprint: str, forced: bool) -> None:
    if every == (host is not None):
        raise FleetError("name one host, or write --all for all hosts of the spec")
    if forced:
        raise FleetError(
            "--yes replaces no key: give the new key's --fingerprint, or answer the question"
        )
    if fingerprint and every:
        raise FleetError("--fingerprint is the key of one host: name the host")
    if fingerprint and not _FINGERPRINT.fullmatch(fingerprint):
        raise FleetError(
            f"{fingerprint} is not a SHA-256 fingerprint: write what `ssh-keygen -lf` prints, "
            "SHA256: and 43 characters"
        )


def _tried(spec: Path, host: HostSpec, how: _How) -> bool:
    """Pin one of many hosts; print why it is not, and go on with the next."""
    try:
        _trust(spec, host, how)
    except FleetError as error:
        echo(str(error), err=True)
        return False
    except typer.Abort:
        echo(f"{host.name} was left out", err=True)
        return False
    return True


def _trust(spec: Path, host: HostSpec, how: _How) -> None:
    side = workstation_of(spec)
    path, known = side.known_hosts, side.pinned()
    try:
        way = reached(host, side, known)
    except JumpRefused as error:
        raise FleetError(f"{host.name}: {error}") from error
    name, shows = HostName(way.hostname, way.port), f"{host.name} ({way.hostname})"
    key = _key_of(way, offered(known, name), how.fingerprint)
    shown = ssh.fingerprint(key.get_name(), key.asbytes())
    try:
        if is_trusted(known, name, key):
            by = "is" if key.public_blob is None else "is, or its authority is,"
            _compare(shown, how.fingerprint, shows)
            typer.echo(f"{shows} shows {shown}, which {by} pinned in {path}")
            return
    except paramiko.BadHostKeyException:
        _show_change(shows, shown, known.keys(name), path)
        if not how.replace:
            raise FleetError(
                f"{host.name} was not changed in {path}: compare the key on the board, then run "
                f"`jetfleet trust {spec} {host.name} --replace`"
            ) from None
    except HostKeyRefused as error:
        raise FleetError(f"{shows} shows {shown}: {error}") from error
    else:
        typer.echo(f"{shows} shows {shown}")
    _confirm(shown, key, how, shows)
    atomic_write(path, known.replaced(name, ssh.known_line(way.hostname, way.port, key)))
    typer.echo(f"pinned in {path}: commit it")


def _key_of(way: Reached, kinds: tuple[str, ...], fingerprint: str) -> paramiko.PKey:
    """Return the key that a host shows; the one with this fingerprint, if it has several kinds."""
    first = ssh.host_key(way.hostname, way.port, kinds, way.open)
    if fingerprint and not _is(first, fingerprint):
        for kind in kinds:
            with suppress(FleetError):  # it has no key of this kind
                key = ssh.host_key(way.hostname, way.port, (kind,), way.open)
                if _is(key, fingerprint):
                    return key
    return first


def _is(key: paramiko.PKey, fingerprint: str) -> bool:
    return ssh.fingerprint("", key.asbytes()).strip() == fingerprint


def _confirm(shown: str, key: paramiko.PKey, how: _How, shows: str) -> None:
    """Return if the key is the host's, by its fingerprint or the answer of the user."""
    if how.fingerprint:
        _compare(shown, how.fingerprint, shows)
    elif not how.yes:
        kind = _KINDS.get(key.get_name(), "ecdsa")
        file = f"/etc/ssh/ssh_host_{kind}_key.pub"
        typer.echo(f"Compare it with `ssh-keygen -lf {file}` on the board.")
        typer.confirm("Is it the same?", abort=True)


def _compare(shown: str, fingerprint: str, shows: str) -> None:
    if fingerprint and shown.rpartition(" ")[2] != fingerprint:
        raise FleetError(
            f"{shows} shows {shown}, and not {fingerprint}: nothing was pinned; find out which of "
            "them is the board's"
        )


def _show_change(host: str, shown: str, pinned: list[PinnedKey], path: Path) -> None:
    """Print the keys that are pinned for a host, and the one that it shows."""
    typer.echo(f"{host} has ANOTHER KEY than the one that is pinned:")
    for key in pinned:
        typer.echo(f"  pinned: {ssh.fingerprint(key.type, key.key)} ({path}:{key.number})")
    typer.echo(f"  shown:  {shown}")
    typer.echo("A board that was flashed has a new key. So has another machine in its place.")
