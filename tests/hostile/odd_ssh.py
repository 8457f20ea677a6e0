"""An SSH server on this computer that runs commands as a board does, or misbehaves in one way."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import paramiko

from tests.support.command_server import CommandServer, run_command

KEY = paramiko.ECDSAKey.generate()

Odd = Callable[[paramiko.Channel, str], None]
"""What is done in place of a command, with the channel that it was asked for on."""


class Server(CommandServer):
    """Does one thing with each command."""

    def __init__(self, odd: Odd) -> None:
        self._odd = odd
        self._refused = False

    def check_auth_none(self, username: str) -> int:
        del username
        return paramiko.AUTH_SUCCESSFUL

    def get_allowed_auths(self, username: str) -> str:
        del username
        return "none"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        if self._odd is refuse_session:
            return paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        return super().check_channel_request(kind, chanid)

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        if self._odd is refuse_command or (self._odd is run_the_second and not self._refused):
            self._refused = True
            return False
        if self._odd is close_at_command:
            channel.get_transport().close()
            return False
        if self._odd is never_reply:
            time.sleep(30)
        return super().check_channel_exec_request(channel, command)

    def execute(self, channel: paramiko.Channel, command: str) -> None:
        self._odd(channel, command)


@contextmanager
def connected(odd: Odd) -> Iterator[paramiko.Transport]:
    """Yield a connection to a server that does this with each command."""
    listening = socket.create_server(("127.0.0.1", 0))
    ours = socket.create_connection(listening.getsockname())
    theirs, _ = listening.accept()
    server = paramiko.Transport(theirs)
    server.add_server_key(KEY)
    server.start_server(server=Server(odd), event=threading.Event())
    client = paramiko.Transport(ours)
    try:
        client.start_client(timeout=10)
        client.auth_none("nvidia")
        yield client
    finally:
        client.close()
        server.close()
        listening.close()


def refuse_session(channel: paramiko.Channel, command: str) -> None:
    """Stand for a server that opens no session: MaxSessions 0."""


def refuse_command(channel: paramiko.Channel, command: str) -> None:
    """Stand for a server that opens a session, and executes nothing in it."""


def close_at_command(channel: paramiko.Channel, command: str) -> None:
    """Stand for a connection that breaks after a session was opened."""


def never_reply(channel: paramiko.Channel, command: str) -> None:
    """Stand for a server that does not say whether it executes a command."""


def run(channel: paramiko.Channel, command: str) -> None:
    """Run the command here, as sshd does."""
    run_command(channel, command)


def run_the_second(channel: paramiko.Channel, command: str) -> None:
    """Run a command on a server that refused the one before."""
    run(channel, command)
