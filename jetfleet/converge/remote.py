"""Scripts on a host, through the connection that pyinfra already has.

A script that changes a board holds the board's lock, ``/run/jetfleet/lock``, which says who has it:
``{"by": "ann@laptop", "since": "2026-01-31T12:00:00Z"}``. The lock is held for one script. What
must be held for a whole apply is another file beside it of the same form, which is read and written
by scripts of `Remote.run`: while one of them runs, no other does.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from jetfleet.converge.connection import (
    LOST,
    address_of,
    connect_again,
    execute,
    has_connection,
)
from jetfleet.converge.time_left import counted, given, limit_of
from jetfleet.events.event import Unreachable
from jetfleet.events.write import log_event
from jetfleet.steps import Lost, NoAnswer, Refused, failure
from jetfleet.transport.answer import framed, result_of
from jetfleet.transport.body import Sent
from jetfleet.transport.exchange import Cut
from jetfleet.transport.script import NOTHING, Around, Holder, to_send
from jetfleet.workstation.who import who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyinfra.api.host import Host
    from pyinfra.api.state import State

    from jetfleet.steps import Result

QUERY_SECONDS = 60
"""Limit of a script that only reads, unless its caller knows better."""


class Remote:
    """Runs scripts on one host as root, each as one SSH command, sent on standard input.

    Nothing of a script shows in an argument list on either side; the title stands there instead,
    for `-vv` and for `ps` on the board. A script ends on the board, with everything that it
    started, at its limit and when the connection is gone.

    Each method raises `Refused` where the board does not answer: as `NoAnswer` where the script
    took longer than its limit.
    """

    def __init__(self, state: State, host: Host) -> None:
        self._state = state
        self._host = host

    def run(self, script: str, title: str, seconds: int = 120) -> Result:
        """Run a script once, alone on the board."""
        return self.alone(script, title, seconds, NOTHING)

    def alone(self, script: str, title: str, seconds: int, around: Around) -> Result:
        """Run a script once, alone on the board, with other text around it."""
        try:
            return self._run(script, title, seconds, holder(around))
        except LOST as error:
            raise Lost(
                f"the connection was lost at “{title}” ({_reason(error)}): run again, it goes on "
                "from what is done",
                (framed(error.done.out)[0] or "") if isinstance(error, Cut) else "",
            ) from error

    def query(
        self, script: str, title: str, seconds: int = QUERY_SECONDS, tries: int = 3
    ) -> Result:
        """Run a script that may run twice, as one that only reads.

        It is run again where the connection was lost, and not where it reached its limit.
        """
        for attempt in range(tries):
            if attempt and not self.reconnect(within=60):
                break
            with suppress(*LOST):
                return self._run(script, title, seconds, None)
        raise Refused(f"the connection was lost at “{title}” and did not come back: run again")

    def send(self, script: str, title: str, seconds: int, pieces: Iterator[bytes]) -> Result:
        """Run a script once that reads pieces on its standard input, and changes their file alone.

        It has to end by itself where they end too soon. `Lost` is raised where the connection is
        lost.
        """
        try:
            return self._run(script, title, seconds, None, pieces)
        except LOST as error:
            raise Lost(f"the connection was lost at “{title}” ({_reason(error)})") from error

    @property
    def renewal(self) -> str:
        """A script that a long one runs again and again while it goes on."""
        return "true\n"

    def survey(self, script: str, seconds: int) -> str:
        """Return what a survey prints: what it had printed until then, if it reaches its limit.

        A board that has printed nothing by then, or takes longer than ``--timeout``, is recorded
        as unreachable.
        """
        whole = given(self._host.data.get("timeout"))
        try:
            result = self.query(script, "survey", seconds)
        except NoAnswer as late:
            if not late.out or (whole is not None and whole < seconds):
                log_event(Unreachable(host=self._host.name, reason=str(late)))
            if not late.out:
                raise
            return late.out
        if not result.ok:
            raise Refused(f"the survey failed: {failure(result)}")
        return result.out

    def reconnect(self, within: float) -> bool:
        """Connect again; return False if the host does not answer within that many seconds."""
        end = time.monotonic() + within
        while True:
            if connect_again(self._host):
                return True
            if time.monotonic() > end:
                return False
            time.sleep(0.5)

    @property
    def address(self) -> str:
        """Where the board is connected."""
        return address_of(self._host)

    def connect(self, address: str) -> bool:
        """Connect once to the board at an address, with a new login; tell whether that worked."""
        return connect_again(self._host, address)

    def _run(
        self,
        script: str,
        title: str,
        seconds: int,
        by: Holder | None,
        pieces: Iterator[bytes] | None = None,
    ) -> Result:
        limit = limit_of(self._host.name, title, seconds, given(self._host.data.get("timeout")))
        connected = has_connection(self._host)
        followed = pieces is not None
        text = to_send(script, limit, holder=by, connected=connected, followed=followed)
        with counted(self._host.name):
            done = execute(self._state, self._host, title, Sent(text, pieces), limit)
        return result_of(done, title, limit)


def holder(around: Around = NOTHING) -> Holder:
    """Return who runs this process, as the lock of a board says it."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return Holder(who(), now, around)


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
