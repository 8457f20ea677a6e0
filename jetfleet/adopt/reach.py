"""One connection to a board that is adopted, and one script on it as root."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import paramiko

from jetfleet import ssh
from jetfleet.adopt.write import Login
from jetfleet.errors import FleetError
from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ROOT = """sudo -n true 2>/dev/null || [ "$(id -u)" = 0 ] || {
  echo 'sudo asks for a password' >&2; exit 77; }
if [ "$(id -u)" = 0 ]; then exec sh -s; else exec sudo -n sh -s; fi"""
_NO_ROOT = 77
_REASON = 2000
"""Bytes of an error that are shown."""


@dataclass(frozen=True)
class Target:
    """How to reach a board: user and address, the private key's file, and the pinned host keys."""

    user: str
    address: str
    port: int
    key: Path | None
    known_hosts: Path

    def __str__(self) -> str:
        return f"{self.user}@{self.address}:{self.port}"


def run_as_root(target: Target, script: str) -> tuple[str, Login]:
    """Run a script as root on a board, sent on standard input; return its output.

    Raises
    ------
    FleetError
        The host's key is not the pinned one, nobody answers, the login or root is refused, or the
        script fails.

    """
    connection = ssh.connection(
        target.user, target.address, target.port, target.key, target.known_hosts
    )
    with _explained(target), connection as client:
        transport = client.get_transport()
        if transport is None:
            raise FleetError(f"{target}: the board closed the connection at once: try again")
        line = ssh.known_line(target.address, target.port, transport.get_remote_server_key())
        stdin, stdout, stderr = client.exec_command(_ROOT)
        stdin.write(ssh.complete(script))
        stdin.channel.shutdown_write()
        output = stdout.read().decode(errors="replace")
        status = stdout.channel.recv_exit_status()
        reason = printable(stderr.read(_REASON).decode(errors="replace").strip())
    if status == _NO_ROOT:
        raise FleetError(
            f"{target.user} has no sudo without a password on {target.address}, and adopt reads a "
            "board as root: allow it with a line in /etc/sudoers.d, or log in as root"
        )
    if status:
        raise FleetError(
            f"{target.address} could not be read: {reason or f'its shell ended with {status}'}"
        )
    key = str(target.key) if target.key else None
    return output, Login(target.user, target.address, target.port, key, line)


@contextmanager
def _explained(target: Target) -> Iterator[None]:
    """Raise `FleetError` with a remedy for what goes wrong with a connection."""
    try:
        yield
    except paramiko.BadHostKeyException as error:
        raise FleetError(
            f"{target} shows another host key than {target.known_hosts} has: find out why (a board "
            "that was flashed has a new key) before you replace it there"
        ) from error
    except paramiko.AuthenticationException as error:
        raise FleetError(
            f"{target} refuses the login ({error}): log in with `ssh` first, or name the key with "
            "-i"
        ) from error
    except (paramiko.SSHException, OSError, EOFError) as error:
        if "No host key for" in str(error):
            raise FleetError(
                f"the host key of {target} is not in {target.known_hosts}: log in once with `ssh` "
                "and compare the key that it shows, or name the file that has it with "
                "--known-hosts"
            ) from error
        raise FleetError(
            f"{target} does not answer ({error}): check address, port and power"
        ) from error
