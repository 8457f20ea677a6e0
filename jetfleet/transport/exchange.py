"""One command on a board over SSH: read in binary, within a limit of time and of size."""

from __future__ import annotations

import select
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from paramiko import SSHException

from jetfleet.transport.frame import END
from jetfleet.transport.phases import START_SECONDS, Phases
from jetfleet.transport.ssh_session import SESSION_SECONDS, open_session
from jetfleet.transport.sudo import REJECTED, Gate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from paramiko import Channel, Transport

OUTPUT_BYTES = 8 * 2**20
"""The most that one command may print."""

STALL_SECONDS = 60
"""How long a board may take in nothing of what is sent to it."""

_STATUS_SECONDS = 5
"""How long after the end of its output a command may take to say its exit status."""

_CHUNK = 65536
_SENDING_SECONDS, _WAITING_MS = 0.05, 500


@dataclass
class Exchange:
    """What a command printed, and how it ended.

    Parameters
    ----------
    status:
        Exit status; None if the board did not say it.
    ended:
        ``limit`` or ``size`` if it was ended for taking too long or printing too much;
        ``password`` if sudo rejected the password.

    """

    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)
    status: int | None = None
    ended: Literal["", "limit", "size", "password"] = ""

    @property
    def complete(self) -> bool:
        """Whether the frames on both streams are closed, whatever may follow."""
        return _is_closed(self.out) and _is_closed(self.err)


class Cut(EOFError):
    """The connection was lost while a command ran: what had arrived of its answer."""

    def __init__(self, done: Exchange, reason: str) -> None:
        super().__init__(reason)
        self.done = done


def exchange(
    transport: Transport,
    command: str,
    sent: bytes | Gate,
    seconds: float,
    show: Callable[[str, bytes], None] = lambda *_: None,
) -> Exchange:
    """Execute a command, send its standard input, and return what it printed.

    It returns as soon as the frames are closed. Standard input stays open until then: its end is
    how the board learns that the connection is gone. A board that does not answer in time, or does
    not stop printing, loses the connection.

    Parameters
    ----------
    sent:
        Standard input; a gate for a command of `jetfleet.transport.sudo.answered_command`.
    seconds:
        Limit of the command on the board, which ends it there.
    show:
        Gets the stream's name, ``stdout`` or ``stderr``, and each piece of output.

    Raises
    ------
    NoSessionError
        The board refuses the session or the command.
    Cut
        The connection is lost after the command was begun.
    EOFError, SSHException, OSError
        It is lost before.

    """
    gate = sent if isinstance(sent, Gate) else Gate(sent)
    phases = Phases(len(gate.script), seconds)
    done = Exchange()
    channel = None
    try:
        with _closed_after(transport, START_SECONDS + SESSION_SECONDS, done):
            channel = open_session(transport, command)
        if channel is not None:
            with _closed_after(transport, phases.longest, done):
                _talk(channel, gate, phases, done, show)
    except (EOFError, SSHException, OSError) as error:
        if channel is None:
            raise
        raise Cut(done, str(error) or type(error).__name__) from error
    finally:
        if done.ended and done.ended != REJECTED:
            transport.close()
        if channel is not None:
            # Closing says so to the board, for which the connection may be too full.
            with suppress(EOFError, OSError, SSHException):
                channel.close()
    return done


@contextmanager
def _closed_after(transport: Transport, seconds: float, done: Exchange) -> Iterator[None]:
    """Close the connection if the block takes longer: not every call in it has a limit."""

    def close() -> None:
        done.ended = "limit"
        transport.close()

    alarm = threading.Timer(seconds, close)
    alarm.daemon = True
    alarm.start()
    try:
        yield
    except (EOFError, OSError, SSHException):
        if done.ended != "limit":
            raise
    finally:
        alarm.cancel()


def _talk(
    channel: Channel,
    gate: Gate,
    phases: Phases,
    done: Exchange,
    show: Callable[[str, bytes], None],
) -> None:
    """Send and read until the answer is complete, or one of the limits is reached."""
    sent, at, moved = b"", 0, time.monotonic()
    while not done.complete:
        now = time.monotonic()
        if phases.is_over(done.out) or (at < len(sent) and now - moved > STALL_SECONDS):
            done.ended = "limit"
            return
        if len(done.out) + len(done.err) > OUTPUT_BYTES:
            done.ended = "size"
            return
        if gate.rejected(done.err):
            done.ended = REJECTED
            return
        if at == len(sent):
            sent, at = gate.more(done.out, done.err), 0
            moved = now if sent else moved
        sends = at < len(sent) and channel.send_ready()
        if sends:
            at, moved = at + _send(channel, sent[at : at + _CHUNK]), now
        if _read(channel, done, show):
            continue
        if channel.exit_status_ready() or channel.eof_received or channel.closed:
            _finish(channel, done, show)
            return
        if sends:
            time.sleep(0)  # other boards have their turn
        else:
            _wait(channel, sending=at < len(sent))


def _wait(channel: Channel, *, sending: bool) -> None:
    """Wait a moment for an answer, or until the board takes more of what is sent."""
    if not sending:
        poll = select.poll()
        poll.register(channel.fileno(), select.POLLIN)
        poll.poll(_WAITING_MS)
        return
    with channel.out_buffer_cv:
        if not channel.out_window_size and not channel.closed:
            channel.out_buffer_cv.wait(_SENDING_SECONDS)


def _send(channel: Channel, data: bytes) -> int:
    """Send some of it, and return how much; all of it to a command that has ended already."""
    try:
        return channel.send(data)
    except OSError:
        if channel.closed and channel.get_transport().is_active():
            return len(data)
        raise


def _read(channel: Channel, done: Exchange, show: Callable[[str, bytes], None]) -> bool:
    """Read what has arrived; tell whether there was anything."""
    found = False
    if channel.recv_ready():
        data = channel.recv(_CHUNK)
        done.out += data
        show("stdout", data)
        found = True
    if channel.recv_stderr_ready():
        data = channel.recv_stderr(_CHUNK)
        done.err += data
        show("stderr", data)
        found = True
    return found


def _finish(channel: Channel, done: Exchange, show: Callable[[str, bytes], None]) -> None:
    """Take what is left of a command that has ended, and its exit status."""
    channel.status_event.wait(_STATUS_SECONDS)
    # The status may arrive before the last of the output does.
    end = time.monotonic() + _STATUS_SECONDS
    while not (channel.eof_received or channel.closed) and time.monotonic() < end:
        if not _read(channel, done, show):
            time.sleep(0.02)
    while len(done.out) + len(done.err) <= OUTPUT_BYTES and _read(channel, done, show):
        pass
    if channel.exit_status_ready() and channel.exit_status >= 0:
        done.status = channel.exit_status
    transport = channel.get_transport()
    if not done.complete and done.status is None and not transport.is_active():
        raise EOFError("the board went silent")


def _is_closed(stream: bytearray) -> bool:
    # The end of a frame is the last thing in it: only the last bytes are looked at, each time.
    at = stream.rfind(END, max(0, len(stream) - _CHUNK - len(END)))
    return at >= 0 and stream.find(b"\n", at + len(END)) >= 0
