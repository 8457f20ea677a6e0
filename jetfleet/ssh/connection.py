"""SSH to a board beside pyinfra: its host key, and a login with a pinned key."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import paramiko
from pyinfra.connectors.sshuserclient.client import SSHClient

from jetfleet.errors import FleetError
from jetfleet.hostkeys.check import CheckedTransport
from jetfleet.hostkeys.known_hosts import HostName, KnownHosts
from jetfleet.hostkeys.transport import Transport
from jetfleet.ssh.jump import JumpRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

_SECONDS = 15
"""Longest wait for a connection."""


def known_line(address: str, port: int, key: paramiko.PKey) -> str:
    """Return the line that pins a host's key in a known_hosts file."""
    return f"{HostName(address, port)} {key.get_name()} {key.get_base64()}"


def fingerprint(kind: str, key: bytes) -> str:
    """Return the type and the SHA-256 fingerprint of a key as `ssh-keygen -l` prints them."""
    digest = base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
    return f"{kind} SHA256:{digest}"


def host_key(
    address: str,
    port: int,
    kinds: Sequence[str],
    opened: Callable[[], Any] | None = None,
) -> paramiko.PKey:
    """Return the host key that an SSH server shows; nothing is trusted, and there is no login.

    Parameters
    ----------
    kinds:
        Kinds of key to ask for, the preferred ones first.
    opened:
        Returns a connection to the server, if it is not reached at its address.

    Raises
    ------
    FleetError
        No SSH server answers.

    """
    try:
        with opened() if opened else _connected(address, port) as connection:
            transport = Transport(connection)
            transport.offered = tuple(kinds)
            transport.start_client(timeout=_SECONDS)
            key = transport.get_remote_server_key()
            transport.close()
    except JumpRefused as error:
        raise FleetError(str(error)) from error
    except (OSError, EOFError, paramiko.SSHException) as error:
        raise FleetError(
            f"no SSH server answers at {address}:{port} ({error}): check address and power"
        ) from error
    return key


def _connected(address: str, port: int) -> socket.socket:
    return socket.create_connection((address, port), timeout=_SECONDS)


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
        The host's key is not trusted, the host does not answer, or the login is refused.

    """
    client = SSHClient()
    text = known_hosts.read_text("utf-8", "replace") if known_hosts.is_file() else ""
    checked = CheckedTransport(KnownHosts.read(text), address, port, os.devnull)
    try:
        client.connect(
            address,
            _pyinfra_ssh_known_hosts_file=os.devnull,
            _pyinfra_ssh_strict_host_key_checking="yes",
            _pyinfra_ssh_paramiko_connect_kwargs={"transport_factory": checked},
            username=user,
            port=port,
            timeout=_SECONDS,
            **({"key_filename": str(key), "look_for_keys": False} if key else {}),
        )
        yield client
    finally:
        client.close()
