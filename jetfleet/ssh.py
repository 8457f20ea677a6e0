"""SSH to a board beside pyinfra: its host key, and a login with a pinned key.

Only `adopt` and `trust` connect by themselves; all other commands go through pyinfra.
"""

from __future__ import annotations

import base64
import hashlib
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING

import paramiko
from pyinfra.connectors.sshuserclient.client import SSHClient

from jetfleet.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PORT = 22

_SECONDS = 15
"""Longest wait for a connection."""

_KEY_TYPES = ("ssh-ed25519", "ecdsa-sha2-nistp256")
"""Kinds of host key in the order in which pyinfra's client prefers them, so that it finds the one
that is pinned."""


def known_name(address: str, port: int) -> str:
    """Return the name of a host in a known_hosts file: with its port only if it is not 22."""
    return address if port == PORT else f"[{address}]:{port}"


def known_line(address: str, port: int, key: paramiko.PKey) -> str:
    """Return the line that pins a host's key in a known_hosts file."""
    return f"{known_name(address, port)} {key.get_name()} {key.get_base64()}"


def fingerprint(key: paramiko.PKey) -> str:
    """Return a key's type and SHA-256 fingerprint as `ssh-keygen -l` prints them."""
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    return f"{key.get_name()} SHA256:{digest}"


def host_key(address: str, port: int) -> paramiko.PKey:
    """Return the host key that an SSH server shows; nothing is trusted, nobody logs in.

    Raises
    ------
    FleetError
        No SSH server answers.

    """
    try:
        with socket.create_connection((address, port), timeout=_SECONDS) as connection:
            transport = paramiko.Transport(connection)
            transport.get_security_options().key_types = _KEY_TYPES
            transport.start_client(timeout=_SECONDS)
            key = transport.get_remote_server_key()
            transport.close()
    except (OSError, paramiko.SSHException) as error:
        raise FleetError(
            f"no SSH server answers at {address}:{port} ({error}): check address and power"
        ) from error
    return key


@contextmanager
def connection(
    user: str, address: str, port: int, key: Path | None, known_hosts: Path
) -> Iterator[SSHClient]:
    """Yield a connection to a host whose key is pinned in `known_hosts`.

    It is made as pyinfra makes it (`~/.ssh/config`, agent, keys), so that a later run reaches the
    same host.

    Parameters
    ----------
    key:
        File of the private key; None: the agent and the usual files are tried.

    Raises
    ------
    paramiko.SSHException, OSError, EOFError
        The host's key is not the pinned one, nobody answers, or the login is refused.

    """
    client = SSHClient()
    try:
        client.connect(
            address,
            _pyinfra_ssh_known_hosts_file=str(known_hosts),
            _pyinfra_ssh_strict_host_key_checking="yes",
            username=user,
            port=port,
            timeout=_SECONDS,
            **({"key_filename": str(key), "look_for_keys": False} if key else {}),
        )
        yield client
    finally:
        client.close()
