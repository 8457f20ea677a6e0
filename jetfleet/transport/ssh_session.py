"""A session of an SSH connection that executes one command."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from paramiko import ChannelException, Message, SSHException
from paramiko.common import cMSG_CHANNEL_REQUEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paramiko import Channel, Transport

SESSION_SECONDS = 5
"""How long a session is asked for again: the one before may not have ended yet."""

_NEVER = 3600
"""Seconds after which a call would end that something else ends before."""


class NoSessionError(Exception):
    """The board's sshd opens no session, or executes no command; the text is its reason."""


def sessions(transport: Transport, command: str) -> Iterator[Channel]:
    """Yield a session that was asked to execute the command, and others for a while if refused.

    Its standard input can be sent at once, as ssh(1) does it: to wait for sshd's answer to the
    request costs a round trip. Ask `was_refused` when the session has ended, and take the next one
    only if it was: nothing is executed twice.

    Raises
    ------
    NoSessionError
        sshd refuses each of them.

    """
    patience = time.monotonic() + SESSION_SECONDS
    cause: SSHException | None = None
    while True:
        try:
            channel = transport.open_session(timeout=_NEVER)
        except ChannelException as error:
            reason, cause = str(error.args[-1]), error
        else:
            _request(transport, channel, command)
            yield channel
            reason, cause = "it refuses to execute a command", None
        if time.monotonic() > patience:
            raise NoSessionError(reason) from cause
        time.sleep(0.2)


def was_refused(channel: Channel) -> bool:
    """Tell whether sshd has refused to execute the command of a session that has ended.

    A connection that breaks looks like a refusal at first.
    """
    return bool(channel.closed and not channel.event_ready and channel.get_transport().is_active())


def _request(transport: Transport, channel: Channel, command: str) -> None:
    """Send the request of `Channel.exec_command`, which would wait for the answer (RFC 4254, 6.5).

    paramiko closes the channel where it is refused, and sets `event_ready` where it is not.
    """
    message = Message()
    message.add_byte(cMSG_CHANNEL_REQUEST)
    message.add_int(channel.remote_chanid)
    message.add_string("exec")
    message.add_boolean(True)  # noqa: FBT003 - paramiko's own
    message.add_string(command)
    # paramiko has no request without a wait.
    transport._send_user_message(message)  # type: ignore[attr-defined]  # noqa: SLF001
