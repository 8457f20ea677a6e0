"""An SSH server on loopback that takes logins by its own rules, and runs commands here."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import paramiko

from tests.support.command_server import CommandServer

HOST_KEY = paramiko.ECDSAKey.generate()
PASSWORD = "canary 'horse' $x"  # noqa: S105 - made up


@dataclass
class Rules:
    """What a server takes, and what it has seen.

    Parameters
    ----------
    keys:
        Public keys that log in, in SSH's binary form.
    methods:
        Methods that it offers, as sshd names them.
    tries:
        `MaxAuthTries`: it ends the connection after this number of failures.
    questions:
        What it asks in place of the password's method, each with whether the answer is shown.
    both:
        Whether it wants a key and the password.
    sent:
        The passwords that it was sent.
    offered:
        How many keys it was offered.
    connections:
        How many there were.
    forwards:
        Whether it opens connections to other servers, as a jump host does.

    """

    keys: Sequence[bytes] = ()
    password: str = PASSWORD
    methods: str = "publickey,password"
    tries: int = 6
    questions: Sequence[tuple[str, bool]] = (("Password: ", False),)
    both: bool = False
    banner: str = ""
    forwards: bool = False
    key: paramiko.PKey = HOST_KEY
    sent: list[str] = field(default_factory=list)
    offered: int = 0
    connections: int = 0
    targets: list[tuple[str, int]] = field(default_factory=list)


class _Session(CommandServer):
    """One connection."""

    def __init__(self, rules: Rules, transport: paramiko.Transport) -> None:
        self.rules = rules
        self._transport = transport
        self._failures = 0
        self._left = list(rules.questions)
        self._by_key = False

    def get_allowed_auths(self, username: str) -> str:
        del username
        return "password" if self._by_key else self.rules.methods

    def get_banner(self) -> tuple[str | None, str | None]:
        return (self.rules.banner or None, "en-US")

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        del username
        self.rules.offered += 1
        if key.asbytes() not in self.rules.keys:
            return self._failed()
        self._by_key = True
        both = paramiko.AUTH_PARTIALLY_SUCCESSFUL
        return both if self.rules.both else paramiko.AUTH_SUCCESSFUL

    def check_auth_password(self, username: str, password: str) -> int:
        del username
        self.rules.sent.append(password)
        if password != self.rules.password or (self.rules.both and not self._by_key):
            return self._failed()
        return paramiko.AUTH_SUCCESSFUL

    def check_auth_interactive(
        self, username: str, submethods: str
    ) -> int | paramiko.InteractiveQuery:
        del username, submethods
        return paramiko.InteractiveQuery("", "", self._left.pop(0))

    def check_auth_interactive_response(
        self, responses: list[str]
    ) -> int | paramiko.InteractiveQuery:
        self.rules.sent += responses
        if responses != [self.rules.password]:
            return self._failed()
        if self._left:
            return paramiko.InteractiveQuery("", "", self._left.pop(0))
        return paramiko.AUTH_SUCCESSFUL

    def _failed(self) -> int:
        self._failures += 1
        if self._failures >= self.rules.tries:
            # As OpenSSH does: it ends the connection in place of an answer.
            self._transport.close()
        return paramiko.AUTH_FAILED

    def check_channel_direct_tcpip_request(
        self, chanid: int, origin: tuple[str, int], destination: tuple[str, int]
    ) -> int:
        del origin
        if not self.rules.forwards:
            return paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        self.rules.targets.append(destination)
        threading.Thread(target=self._join, args=(chanid, destination), daemon=True).start()
        return paramiko.OPEN_SUCCEEDED

    def _join(self, chanid: int, destination: tuple[str, int]) -> None:
        channel = self._transport.accept(5)
        assert channel is not None
        assert channel.get_id() == chanid
        with suppress(OSError), socket.create_connection(destination) as beyond:
            back = threading.Thread(target=_copy, args=(beyond, channel), daemon=True)
            back.start()
            _copy(channel, beyond)


def _copy(
    source: socket.socket | paramiko.Channel, target: socket.socket | paramiko.Channel
) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with suppress(OSError):
        target.close()


@contextmanager
def login_server(rules: Rules) -> Iterator[int]:
    """Serve SSH on 127.0.0.1 by these rules; yield the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                rules.connections += 1
                transport = paramiko.Transport(connection)
                transport.add_server_key(rules.key)
                with suppress(paramiko.SSHException, EOFError):
                    transport.start_server(server=_Session(rules, transport))

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.close()


def known_line(port: int, key: paramiko.PKey = HOST_KEY) -> str:
    """Return the line that pins the key of a server."""
    return f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}\n"
