"""Where a host is reached: its address, the jump hosts before it, and the user's keys for it."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import paramiko

from jetfleet.hostkeys.known_hosts import KnownHosts
from jetfleet.ssh.jump import SECONDS, Hop, Route, hops_of, looked_up

if TYPE_CHECKING:
    from jetfleet.spec.model import HostSpec
    from jetfleet.workstation.workstation import Workstation


@dataclass(frozen=True)
class Reached:
    """How a host is reached.

    Parameters
    ----------
    address:
        Its address, or the name by which the configuration of SSH knows it.
    hostname:
        The address that the configuration has for that name.
    config:
        File of ssh_config(5) that pyinfra reads; None: ~/.ssh/config.
    key:
        File of the private key; empty: the user's keys.
    identities:
        Files of keys that the configuration of SSH has for the host.
    command:
        Its ``ProxyCommand``; empty without one.

    """

    address: str
    hostname: str
    port: int
    config: str | None
    key: str
    identities: tuple[str, ...]
    route: Route
    command: str = ""

    @property
    def jumps(self) -> tuple[Hop, ...]:
        """The jump hosts before it."""
        return tuple(self.route.hops)

    def open(self) -> socket.socket | paramiko.Channel | paramiko.ProxyCommand:
        """Return a new connection to its SSH server.

        Raises
        ------
        OSError, paramiko.SSHException
            It cannot be reached.

        """
        if self.jumps:
            return self.route.open(self.hostname, self.port)
        if self.command:
            return paramiko.ProxyCommand(self.command)
        return socket.create_connection((self.hostname, self.port), timeout=SECONDS)


def reached(host: HostSpec, side: Workstation, known: KnownHosts) -> Reached:
    """Return how a host is reached; a virtual Jetson has no jump host before it.

    Parameters
    ----------
    known:
        The pinned host keys; those of jump hosts are also looked for in ~/.ssh/known_hosts.

    """
    key = str(side.key or host.ssh.key or "")
    login = side.hosts.get(host.name)
    if login:
        return Reached(login.address, login.address, login.port, None, key, (), Route())
    config = str(Path(host.ssh.config).expanduser()) if host.ssh.config else None
    found = looked_up(config, host.address)
    hops = hops_of(host.ssh.proxy_jump or found.get("proxyjump", ""), config)
    identities = tuple(found.get("identityfile") or ())
    address = found.get("hostname", host.address)
    if not hops:
        command = found.get("proxycommand", "")
        return Reached(host.address, address, host.port, config, key, identities, Route(), command)
    route = Route(hops, _with_own(known), key or None)
    # pyinfra would open the jump hosts of the configuration itself, and take any key of theirs.
    key = key or "".join(identities[:1])
    return Reached(address, address, host.port, os.devnull, key, (), route)


def _with_own(known: KnownHosts) -> KnownHosts:
    path = Path("~/.ssh/known_hosts").expanduser()
    own = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    return KnownHosts((*known.lines, *KnownHosts.read(own).lines))
