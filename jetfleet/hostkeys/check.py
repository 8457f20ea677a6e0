"""Check the key that a host shows while a connection is made, before any login."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import paramiko
from pyinfra.connectors.sshuserclient.client import get_host_keys, get_ssh_config

from jetfleet.hostkeys.certificate import Certificate
from jetfleet.hostkeys.known_hosts import HostName, KnownHosts, PinnedKey
from jetfleet.hostkeys.transport import RSA, TYPES, Transport

if TYPE_CHECKING:
    from jetfleet.hostkeys.transport import Socket

SECONDS = 15
"""Longest wait for a host's key."""

_CERTIFIED = "-cert-v01@openssh.com"


class HostKeyRefused(paramiko.SSHException):
    """A host shows a key or a certificate that must not be trusted."""


def offered(known: KnownHosts, host: HostName) -> tuple[str, ...]:
    """Return the kinds of key to ask a host for, first those that can be trusted.

    These are certificates, if an authority is pinned for the host, and the kinds of its pinned
    keys. The others follow, so that a host without these shows which key it has.
    """
    certified = tuple(f"{kind}{_CERTIFIED}" for kind in TYPES) if known.authorities(host) else ()
    pinned = dict.fromkeys(key.type for key in known.keys(host))
    plain = tuple(kind for name in pinned for kind in (RSA if name == "ssh-rsa" else (name,)))
    return tuple(dict.fromkeys((*certified, *(kind for kind in plain if kind in TYPES), *TYPES)))


def is_trusted(known: KnownHosts, host: HostName, key: paramiko.PKey) -> bool:
    """Return whether a key is the host's; False if nothing is pinned for the host.

    Raises
    ------
    HostKeyRefused
        The key is revoked, or its certificate does not count.
    paramiko.BadHostKeyException
        Another key is pinned.

    """
    shown = key.asbytes()
    certificate = _certificate_of(key)
    used = {shown} if certificate is None else {shown, certificate.authority}
    for line in known.revoked(host):
        if line.key in used:
            raise HostKeyRefused(
                f"its key is revoked in line {line.number} of known_hosts: give the host a new "
                "key, then pin that with `jetfleet trust`"
            )
    pinned = known.keys(host)
    if any(line.key == shown for line in pinned):
        return True
    authorities = {line.key for line in known.authorities(host)}
    if authorities and certificate is not None:
        doubt = certificate.doubt(host.address, authorities, time.time())
        if not doubt and certificate.key != shown:
            doubt = "its certificate is for another key"
        if doubt:
            raise HostKeyRefused(doubt)
        return True
    if pinned:
        raise _another(host, key, pinned[0])
    return False


class CheckedTransport:
    """Makes a `Transport` for pyinfra's client, with a key that was checked.

    A key that is trusted is added to the keys that pyinfra has read from `file`, in which it then
    finds the host. So a host whose key was not checked here is refused there.

    Parameters
    ----------
    config:
        File of ssh_config(5) that pyinfra reads; None: ~/.ssh/config.

    """

    def __init__(
        self,
        known: KnownHosts,
        address: str,
        port: int,
        file: str,
        *,
        config: str | None = None,
    ) -> None:
        self._known = known
        self._address = address
        self._port = port
        self._file = file
        self._config = config
        self.moved_to = ""
        """Where the host answers now if not at its address; the key must be the same one."""

    def __call__(self, sock: Socket, **options: Any) -> Transport:  # noqa: ANN401 - the client's own
        """Return a connection over a socket, after the exchange of keys."""
        config = get_ssh_config(self._config)
        name = config.lookup(self._address).get("hostname") if config else None
        host = HostName(name or self._address, self._port)
        transport = Transport(sock, **options)
        transport.offered = offered(self._known, host)
        try:
            transport.start_client(timeout=SECONDS)
            key = transport.get_remote_server_key()
            if is_trusted(self._known, host, key):
                moved = self.moved_to not in {"", self._address}
                looked_up = HostName(self.moved_to, self._port) if moved else host
                get_host_keys((self._file,)).add(str(looked_up), key.get_name(), key)
        except BaseException:
            transport.close()
            raise
        return transport

    def to_json(self) -> str:
        """Return what `pyinfra debug-inventory` shows of it."""
        return type(self).__name__


def _certificate_of(key: paramiko.PKey) -> Certificate | None:
    blob = key.public_blob
    if blob is None:
        return None
    try:
        return Certificate(bytes(blob.key_blob))
    except ValueError as error:
        raise HostKeyRefused(str(error)) from error


def _another(host: HostName, key: paramiko.PKey, pinned: PinnedKey) -> paramiko.SSHException:
    try:
        expected = paramiko.PKey.from_type_string(pinned.type, pinned.key)
    except paramiko.pkey.UnknownKeyType:
        return HostKeyRefused(f"its key is not the {pinned.type} key that is pinned")
    return paramiko.BadHostKeyException(host.address, key, expected)
