"""Scripts on a host, through the connection that pyinfra already has."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from paramiko import SSHException
from pyinfra.api.arguments import CONNECTOR_ARGUMENT_KEYS, pop_global_arguments
from pyinfra.api.command import QuoteString, StringCommand
from pyinfra.api.exceptions import ConnectError

from jetfleet.ssh import complete
from jetfleet.steps import Refused, Result

if TYPE_CHECKING:
    from paramiko import Transport
    from pyinfra.api.host import Host
    from pyinfra.api.state import State

LOST = (OSError, EOFError, SSHException, ConnectError, TimeoutError)

SCRIPT_SECONDS = 1800
"""The longest that one script may take; longer work runs in units of its own."""

KEEPALIVE_SECONDS = 10
DEAD_SECONDS = 60
"""How long a board may be silent before its connection counts as lost."""

LOCK = "/run/jetfleet.lock"
"""Held on the board by a script that changes something: it may outlive the run that sent it."""

_WAIT = "{ echo 'another run is at work on this board: run again when it has ended' >&2; exit 1; }"
_ALONE = f"exec 9>{LOCK}; flock -w 300 9 || {_WAIT}"
# A query must not even touch the lock's file: nobody holds one that is not there.
_AFTER = f"if [ -e {LOCK} ]; then exec 9<{LOCK}; flock -s -w 300 9 || {_WAIT}; exec 9<&-; fi"


class Remote:
    """Runs scripts on one host as root, each as one SSH command, sent on standard input.

    Nothing of a script shows in an argument list on either side; the title stands there instead,
    for `-vv` and for `ps` on the board.
    """

    def __init__(self, state: State, host: Host) -> None:
        self._state = state
        self._host = host

    def run(self, script: str, title: str) -> Result:
        """Run a script once; `Refused` if the connection is lost meanwhile."""
        try:
            return self._run(f"{_ALONE}\n{script}", title)
        except LOST as error:
            raise Refused(
                f"the connection was lost at “{title}” ({_reason(error)}): run again, it goes on "
                "from what is done"
            ) from error

    def query(self, script: str, title: str, tries: int = 3) -> Result:
        """Run a script that may run twice, as one that only reads; reconnect if it must."""
        for attempt in range(tries):
            if attempt and not self.reconnect(within=60):
                break
            with suppress(*LOST):
                return self._run(f"{_AFTER}\n{script}", title)
        raise Refused(f"the connection was lost at “{title}” and did not come back: run again")

    def reconnect(self, within: float) -> bool:
        """Connect again; return False if the host does not answer within that many seconds."""
        end = time.monotonic() + within
        while True:
            if self._connected_again():
                return True
            if time.monotonic() > end:
                return False
            time.sleep(0.5)

    def _connected_again(self) -> bool:
        # The connector, not the host: that one would log each of many attempts.
        try:
            self._host.connector.disconnect()
            self._host.connector.connect()
        except LOST:
            return False
        return True

    def _run(self, script: str, title: str) -> Result:
        _end_if_dead(self._host)
        arguments, _ = pop_global_arguments(self._state, self._host, {})
        keep = {k: v for k, v in arguments.items() if k in CONNECTOR_ARGUMENT_KEYS}
        keep.update(_stdin=complete(script), _timeout=SCRIPT_SECONDS)
        ok, output = self._host.run_shell_command(
            StringCommand("sh", "-s", "--", QuoteString(title)),
            print_output=self._state.print_output,
            print_input=self._state.print_input,
            **keep,
        )
        if not ok and not _alive(self._host):
            # pyinfra takes a connection that broke for a script that failed.
            raise EOFError("the board went silent")
        return Result(ok, output.stdout, output.stderr)


def _end_if_dead(host: Host) -> None:
    """Let the connection break when the board has not answered for a while.

    A board that lost its power sends nothing, and to wait in silence is what TCP does for hours:
    paramiko's keepalive sends something, and the kernel gives up on what is not acknowledged.
    """
    transport = _transport(host)
    if transport is None:
        return
    transport.set_keepalive(KEEPALIVE_SECONDS)
    # A proxy command has no socket, and only Linux has this option; the keepalive stays.
    with suppress(OSError):
        if isinstance(transport.sock, socket.socket):
            transport.sock.setsockopt(
                socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_SECONDS * 1000
            )


def _alive(host: Host) -> bool:
    transport = _transport(host)
    return transport is None or transport.is_active()


def _transport(host: Host) -> Transport | None:
    """Return the connection beneath pyinfra's; None for a connector that has none."""
    client = getattr(host.connector, "client", None)
    transport: Transport | None = client.get_transport() if client else None
    return transport


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
