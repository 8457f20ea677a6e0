"""What SSH servers of the tests share: sessions, and commands that run on this computer."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO

import paramiko
from paramiko.common import MSG_CHANNEL_SUCCESS


class CommandServer(paramiko.ServerInterface):
    """Opens each session, and does `execute` with each command in a thread of its own."""

    def execute(self, channel: paramiko.Channel, command: str) -> None:
        """Do what the server does with a command: run it."""
        run_command(channel, command)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        del kind, chanid
        return paramiko.OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        started = threading.Thread(
            target=self._started, args=(channel, command.decode()), daemon=True
        )
        _after_reply(channel.get_transport(), started.start)
        return True

    def _started(self, channel: paramiko.Channel, command: str) -> None:
        with suppress(OSError, EOFError, paramiko.SSHException):
            self.execute(channel, command)


def _after_reply(transport: paramiko.Transport, do: Callable[[], None]) -> None:
    """Do something once the request that this thread handles is answered.

    The end of a command that comes before the answer is a refusal to the client.
    """
    send = transport._send_user_message

    def send_and_do(message: paramiko.Message) -> None:
        send(message)
        if message.asbytes()[0] == MSG_CHANNEL_SUCCESS:
            transport._send_user_message = send
            do()

    transport._send_user_message = send_and_do


def run_command(
    channel: paramiko.Channel, command: str, edit: Callable[[bytes], bytes] = bytes
) -> None:
    """Run a command here as sshd does: its standard input ends with the connection.

    Parameters
    ----------
    edit:
        Returns what the command gets in place of a piece of its standard input.

    """
    process = subprocess.Popen(
        ["sh", "-c", command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    copies = [
        threading.Thread(target=_copy, args=(stream.fileno(), send), daemon=True)
        for stream, send in (
            (process.stdout, channel.sendall), (process.stderr, channel.sendall_stderr),
        )
    ]  # fmt: skip
    for copy in copies:
        copy.start()
    threading.Thread(target=_feed, args=(channel, process.stdin, edit), daemon=True).start()
    status = process.wait()
    for copy in copies:
        copy.join(_DRAINED_SECONDS)
    channel.send_exit_status(status)
    channel.close()


_DRAINED_SECONDS = 2
"""How long output is waited for after the end of a command; its children may keep it open."""


def _copy(number: int, send: Callable[[bytes], None]) -> None:
    with suppress(OSError):
        while data := os.read(number, 1 << 16):
            send(data)


def _feed(channel: paramiko.Channel, stdin: IO[bytes], edit: Callable[[bytes], bytes]) -> None:
    with suppress(OSError):
        while data := channel.recv(1 << 20):
            stdin.write(edit(data))
            stdin.flush()
    with suppress(OSError):
        stdin.close()
