"""A connection to an SSH server, in as few round trips as `true` needs by paramiko."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import paramiko
from paramiko.auth_handler import AuthHandler

from jetfleet.hostkeys.compression import NAMES, Compressor, Decompressor

if TYPE_CHECKING:
    Socket = socket.socket | paramiko.Channel | paramiko.ProxyCommand

RSA = ("rsa-sha2-512", "rsa-sha2-256")
TYPES = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", *RSA)
"""Kinds of host key, the preferred ones first."""


class _Offer(AuthHandler):
    """Offers a key without a wait for the service that takes it.

    paramiko waits for an answer to its request for that service first. sshd reads one message after
    the other, and ends the connection if it does not have the service (RFC 4253, 10).
    """

    def _request_auth(self) -> None:
        super()._request_auth()  # type: ignore[misc]
        accepted = paramiko.Message()
        accepted.add_string("ssh-userauth")
        given = paramiko.Message(accepted.asbytes())
        super()._parse_service_accept(given)  # type: ignore[misc]

    def _parse_service_accept(self, message: paramiko.Message) -> None:
        """Do nothing: the key was offered already."""


class Transport(paramiko.Transport):
    """A connection that asks for the kinds of key that can be trusted.

    It is started once, and a user logs in on it once: `jetfleet.ssh.login` does that before
    paramiko's client would. A key is offered together with the request for the service that takes
    it. Each packet is sent at once: a kernel holds a small one back until the board has
    acknowledged the one before, which takes up to 40 ms, and a script is sent in several packets.
    ssh(1) does the same, paramiko does not (TCP_NODELAY of tcp(7)). After the login, what is sent
    is compressed.
    """

    # paramiko has no other way to name a compressor.
    _compression_info: ClassVar = {
        "none": (None, None),
        NAMES[0]: (Compressor, Decompressor),
    }
    offered: tuple[str, ...] = TYPES
    logged_in_by: Literal["key", "first key", "password"] = "key"
    """What the board has accepted."""

    def __init__(self, sock: Socket, **options: Any) -> None:  # noqa: ANN401 - paramiko's own
        super().__init__(sock, **options)
        self._held: list[paramiko.Message] = []
        # A jump host or a proxy command in its place is not a socket.
        if isinstance(sock, socket.socket):
            with suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def preferred_keys(self) -> tuple[str, ...]:
        """The kinds of key to ask for, the preferred ones first."""
        return self.offered

    @property
    def preferred_compression(self) -> tuple[str, ...]:
        """What compresses; not an attribute, which paramiko's client sets after the first keys."""
        return NAMES

    def _send_user_message(self, data: paramiko.Message) -> None:
        """Send a message; hold it back if keys are exchanged, and this is the thread that reads.

        paramiko waits for the new keys there, which it could not read meanwhile: the connection is
        lost after half a minute. It exchanges keys again each 512 MiB.
        """
        if threading.current_thread() is self and not self.clear_to_send.is_set():
            self._held.append(data)
        else:
            super()._send_user_message(data)  # type: ignore[misc]

    def _parse_newkeys(self, message: paramiko.Message) -> None:
        super()._parse_newkeys(message)  # type: ignore[misc]
        held, self._held = self._held, []
        for one in held:
            self._send_user_message(one)

    def start_client(
        self, event: threading.Event | None = None, timeout: float | None = None
    ) -> None:
        """Exchange keys, if that was not done yet."""
        if not self.active:
            super().start_client(event=event, timeout=timeout)

    def auth_publickey(
        self, username: str, key: paramiko.PKey, event: threading.Event | None = None
    ) -> list[str]:
        """Offer a key, if the user is not logged in; sshd answers nothing after that."""
        if self.is_authenticated():
            return []
        if not self.active or not self.initial_kex_done:
            raise paramiko.SSHException("No existing session")
        answered = event or threading.Event()
        self.auth_handler = _Offer(self)
        self.auth_handler.auth_publickey(username, key, answered)
        return [] if event else self.auth_handler.wait_for_response(answered)

    def auth_password(
        self,
        username: str,
        password: str,
        event: threading.Event | None = None,
        fallback: bool = True,  # noqa: FBT001, FBT002 - paramiko's own
    ) -> list[str]:
        """Send a password, if the user is not logged in."""
        if self.is_authenticated():
            return []
        return super().auth_password(username, password, event, fallback)
