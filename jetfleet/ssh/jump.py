"""Jump hosts: a connection to a board through the SSH servers before it, each with a pinned key."""

from __future__ import annotations

import getpass
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import paramiko
from pyinfra.connectors.sshuserclient.client import SSHClient, get_ssh_config

from jetfleet.hostkeys.check import CheckedTransport
from jetfleet.hostkeys.known_hosts import PORT, HostName, KnownHosts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECONDS = 15
"""Longest wait for each connection."""

_HOP = re.compile(r"(?:(?P<user>[^@]+)@)?(?P<address>\[[^\]]+\]|[^:]+)(?::(?P<port>\d+))?")


class JumpRefused(paramiko.SSHException):
    """A jump host cannot be used; the text says which one, why, and what to do."""


@dataclass(frozen=True)
class Hop:
    """A jump host: its user, address and port, as a configuration of SSH completes them.

    Parameters
    ----------
    keys:
        Files of private keys that the configuration has for it.

    """

    user: str
    address: str
    port: int
    keys: tuple[str, ...] = ()

    @property
    def host(self) -> HostName:
        """Its name in known_hosts."""
        return HostName(self.address, self.port)


def looked_up(config: str | None, name: str) -> Mapping[str, Any]:
    """Return what a file of ssh_config(5) has on a host; `config` None: ~/.ssh/config."""
    found = get_ssh_config(config)
    return dict(found.lookup(name)) if found else {}


def hops_of(text: str, config: str | None = None) -> tuple[Hop, ...]:
    """Return the jump hosts of `ssh -J`, or of ``ProxyJump``; ``none`` has none."""
    return tuple(_hop(one, config) for one in text.split(",") if one and one.lower() != "none")


def _hop(text: str, config: str | None) -> Hop:
    found = _HOP.fullmatch(text.strip())
    if found is None:
        raise JumpRefused(f"{text} is no jump host: write it as USER@HOST:PORT")
    name = found["address"].strip("[]")
    known = looked_up(config, name)
    user = found["user"] or known.get("user") or getpass.getuser()
    port = int(found["port"] or known.get("port") or PORT)
    return Hop(user, known.get("hostname", name), port, tuple(known.get("identityfile") or ()))


@dataclass(frozen=True)
class Route:
    """The jump hosts before a board; without any, a plain connection.

    Parameters
    ----------
    key:
        File of a private key that may log in on them, beside those of the agent and their own.

    """

    hops: Sequence[Hop] = ()
    known: KnownHosts = KnownHosts()  # noqa: RUF009 - it is frozen
    key: str | None = None

    def open(self, address: str, port: int) -> paramiko.Channel:
        """Return a channel to a board, which ends with its connections to the jump hosts.

        Raises
        ------
        JumpRefused
            A jump host has no pinned key or another one, refuses the login, or reaches nothing.

        """
        sock: paramiko.Channel | None = None
        for hop, after in zip(self.hops, [*self.hops[1:], None], strict=True):
            target = (after.address, after.port) if after else (address, port)
            sock = self._through(hop, sock, target)
        if sock is None:
            raise ValueError("a route without jump hosts opens nothing")
        return sock

    def _through(
        self, hop: Hop, sock: paramiko.Channel | None, target: tuple[str, int]
    ) -> paramiko.Channel:
        client = SSHClient()
        try:
            self._log_in(client, hop, sock)
            channel: paramiko.Channel = client.gateway("127.0.0.1", 0, *target, timeout=SECONDS)
        except (paramiko.SSHException, OSError, EOFError) as error:
            client.close()
            raise JumpRefused(_why(hop, target, error)) from error
        # paramiko closes the connection of a client that nothing refers to.
        channel.__dict__["jump"] = (client, sock)
        return channel

    def _log_in(self, client: SSHClient, hop: Hop, sock: paramiko.Channel | None) -> None:
        named = [Path(one).expanduser() for one in (*hop.keys, *filter(None, [self.key]))]
        files = [str(path) for path in named if path.suffix != ".pub" and path.is_file()]
        client.connect(
            hop.address,
            _pyinfra_ssh_config_file=os.devnull,  # what it has is in the hop
            _pyinfra_ssh_known_hosts_file=os.devnull,
            _pyinfra_ssh_strict_host_key_checking="yes",
            _pyinfra_ssh_paramiko_connect_kwargs={
                "transport_factory": CheckedTransport(
                    self.known, hop.address, hop.port, os.devnull, config=os.devnull
                )
            },
            username=hop.user,
            port=hop.port,
            timeout=SECONDS,
            **({"sock": sock} if sock else {}),
            **({"key_filename": files} if files else {}),
        )


def _why(hop: Hop, target: tuple[str, int], error: BaseException) -> str:
    """Return why a jump host leads nowhere, and what to do."""
    name = f"the jump host {hop.user}@{hop.host}"
    if isinstance(error, paramiko.BadHostKeyException):
        return f"{name} shows another key than the one that is pinned: find out why"
    if isinstance(error, paramiko.ChannelException):
        return (
            f"{name} cannot reach {target[0]}:{target[1]} ({error.args[-1]}): look at the "
            "address, and at `AllowTcpForwarding` in its /etc/ssh/sshd_config"
        )
    if isinstance(error, paramiko.AuthenticationException):
        return (
            f"{name} accepts no key of yours: log in on it with `ssh` first, and add its key to "
            "the agent or to ~/.ssh/config"
        )
    if "found in known_hosts" in str(error):
        return f"{name} has no pinned key: log in on it with `ssh` once, and compare the key"
    return f"{name} does not answer ({error or type(error).__name__}): check address and power"
