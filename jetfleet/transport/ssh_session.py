"""A session of an SSH connection that executes one command."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from paramiko import ChannelException, SSHException

if TYPE_CHECKING:
    from paramiko import Channel, Transport

SESSION_SECONDS = 5
"""How long a session is asked for again: the one before may not have ended yet."""

_NEVER = 3600
"""Seconds after which a call would end that something else ends before."""


class NoSessionError(Exception):
    """The board's sshd opens no session, or executes no command; the text is its reason."""


def open_session(transport: Transport, command: str) -> Channel:
    """Return a session that executes the command; ask again for a while where sshd refuses.

    A connection that breaks between the two requests looks like a refusal at first. Nothing is
    executed twice: the command waits for its standard input.
    """
    patience = time.monotonic() + SESSION_SECONDS
    cause: SSHException
    while True:
        try:
            channel = transport.open_session(timeout=_NEVER)
            channel.exec_command(command)
        except ChannelException as error:
            reason, cause = str(error.args[-1]), error
        except SSHException as error:
            if not transport.is_active():
                raise
            reason, cause = "it refuses to execute a command", error
        else:
            return channel
        if time.monotonic() > patience:
            raise NoSessionError(reason) from cause
        time.sleep(0.2)
