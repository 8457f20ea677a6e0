"""One SSH connection to a board, with strict host keys, and one script on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import paramiko
from pyinfra.connectors.sshuserclient.client import SSHClient

from jetfleet.adopt.write import Login
from jetfleet.errors import FleetError

if TYPE_CHECKING:
    from pathlib import Path

_SECONDS = 15

_ROOT = """sudo -n true 2>/dev/null || [ "$(id -u)" = 0 ] || {
  echo 'sudo asks for a password' >&2; exit 77; }
if [ "$(id -u)" = 0 ]; then exec sh -s; else exec sudo -n sh -s; fi"""
_NO_ROOT = 77


@dataclass(frozen=True)
class Door:
    """Where a board is reached, and what is needed to trust it and to log in."""

    user: str
    address: str
    port: int
    key: Path | None
    known_hosts: Path


def ask(door: Door, script: str) -> tuple[str, Login]:
    """Run a script as root on a board, sent on standard input; return what it printed.

    The connection is made as pyinfra makes it (`~/.ssh/config`, agent, keys), so that what is
    reached here is reached by a run later.

    Raises
    ------
    FleetError
        The host's key is not pinned or another one, nobody answers, the login or root is refused.

    """
    client = SSHClient()
    try:
        _connect(client, door)
        transport = client.get_transport()
        if transport is None:
            raise FleetError(f"the connection to {door.address} was closed at once")
        shown = transport.get_remote_server_key()
        stdin, stdout, stderr = client.exec_command(_ROOT)
        stdin.write(f"{{\n{script}\n}}\n")
        stdin.channel.shutdown_write()
        output = stdout.read().decode(errors="replace")
        status = stdout.channel.recv_exit_status()
        said = stderr.read().decode(errors="replace").strip()
    except (paramiko.SSHException, OSError, EOFError) as error:
        raise FleetError(_sentence(door, error)) from error
    finally:
        client.close()
    if status == _NO_ROOT:
        raise FleetError(
            f"{door.user} has no sudo without a password on {door.address}: a board is read as "
            "root; allow it with a line in /etc/sudoers.d, or log in as root"
        )
    if status:
        raise FleetError(f"{door.address} could not be read: {said or 'no reason given'}")
    where = door.address if door.port == _SSH else f"[{door.address}]:{door.port}"
    pinned = f"{where} {shown.get_name()} {shown.get_base64()}"
    key = str(door.key) if door.key else None
    return output, Login(door.user, door.address, door.port, key, pinned)


_SSH = 22


def _connect(client: SSHClient, door: Door) -> None:
    client.connect(
        door.address,
        _pyinfra_ssh_known_hosts_file=str(door.known_hosts),
        _pyinfra_ssh_strict_host_key_checking="yes",
        username=door.user,
        port=door.port,
        timeout=_SECONDS,
        **({"key_filename": str(door.key), "look_for_keys": False} if door.key else {}),
    )


def _sentence(door: Door, error: Exception) -> str:
    where = f"{door.user}@{door.address}:{door.port}"
    if isinstance(error, paramiko.BadHostKeyException):
        return (
            f"{where} shows another host key than {door.known_hosts} has: look why (a board that "
            "was flashed has a new one) before you replace it there"
        )
    if "No host key for" in str(error):
        return (
            f"the host key of {where} is not in {door.known_hosts}: log in once with `ssh` and "
            "compare the key that it shows, or name the file that has it with --known-hosts"
        )
    if isinstance(error, paramiko.AuthenticationException):
        return f"{where} refuses the login ({error}): log in with `ssh` first, name the key with -i"
    return f"{where} does not answer ({error}): check address, port and power"
