"""The lease of each board in a run that changes it: taken, renewed and ended by its scripts."""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

import gevent
from gevent.lock import BoundedSemaphore
from pyinfra import logger
from pyinfra.context import ContextObject, ctx_state

from jetfleet.converge.audited import AuditHead, entry_of, run_name
from jetfleet.converge.connection import LOST, connect_again, execute
from jetfleet.converge.remote import Remote
from jetfleet.environment import is_let_go
from jetfleet.inventory import current
from jetfleet.inventory.ending import at_end
from jetfleet.process import Process
from jetfleet.steps import Refused, audit, lease
from jetfleet.steps.lease import Holder, Lease
from jetfleet.transport.body import Sent
from jetfleet.transport.script import Around, complete
from jetfleet.workstation.who import who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyinfra.api.host import Host
    from pyinfra.api.state import State

    from jetfleet.steps import Result

END_SECONDS = 5
"""How long an interrupted run takes at most to end its leases."""

WAIT = (
    "wait until it has ended, or take the board over with `--take-over` (of pyinfra: "
    "`--data takeover=yes`)"
)

_BOARDS: dict[str, LeasedBoard] = {}
_ENDING: list[bool] = []


class LeasedBoard(Remote):
    """Runs scripts on a board under the lease of this run.

    The lease is taken with the first script that changes the board, if no other run has had it
    since the survey. Every later script renews it, or is refused if another run has taken the
    board over. While this run waits for other boards, it is renewed by scripts of its own. If it
    has ended all the same, as of a process that was stopped, it is taken once more, under the same
    condition.
    """

    def __init__(self, state: State, host: Host) -> None:
        super().__init__(state, host)
        self.taken = False
        self._over = host.data.get("takeover") in {"yes", True}
        self._seen: Lease | None = None
        self._token = 0
        self._taken_over = ""
        self._audit = AuditHead(host)
        self._last = False
        self._used = 0.0
        # A board may allow one session at a time.
        self._turn = BoundedSemaphore(1)

    def run(self, script: str, title: str, seconds: int = 120) -> Result:
        """Run a script once, alone on the board."""
        self._stop_if_let_go()
        if not self.taken:
            self.taken = True
            # After an end of this run's own lease, that one was the last.
            self._token = 1 + max(self._token, self._seen.token if self._seen else 0)
            at_end(end_all)
            gevent.spawn(self._renew)
        self._last = False
        _stop_if_ending()
        with self._turn:
            result = self._held(script, title, seconds)
            other = lease.refused_by(result.err)
            if other and not other.left and (other.id, other.token) == (run_id(), self._token):
                self._token += 1
                result = self._held(script, title, seconds)
            return self._checked(result)

    def _held(self, script: str, title: str, seconds: int) -> Result:
        begin = lease.begin(run_id(), self._token, holder_of_run(), over=self._over)
        entry = entry_of(self._host, self._token, title, self._taken_over)
        around = Around(audit.before(), audit.after(run_id(), entry))
        result = self.alone(begin + script, title, seconds, around)
        self._taken_over = ""
        self._audit.take(result)
        return result

    def query(self, script: str, title: str, seconds: int = 60, tries: int = 3) -> Result:
        """Run a script that may run twice, as one that only reads."""
        _stop_if_ending()
        if self.taken and not self._last:
            self._stop_if_let_go()
        before = ""
        if self.taken and self._last:
            before = lease.release(run_id())
            self.released()
        elif self.taken:
            before = lease.renew(run_id())
        with self._turn:
            return self._checked(super().query(before + script, title, seconds, tries))

    def send(self, script: str, title: str, seconds: int, pieces: Iterator[bytes]) -> Result:
        """Run a script once that reads pieces on its standard input; it renews the lease."""
        _stop_if_ending()
        with self._turn:
            return self._checked(super().send(self.renewal + script, title, seconds, pieces))

    @property
    def renewal(self) -> str:
        """A script that renews the lease, if this run has it; it ends the shell if another has."""
        return lease.renew(run_id()) if self.taken else super().renewal

    def _stop_if_let_go(self) -> None:
        if is_let_go(self._host.name):
            raise Refused("the rollout waits for this board no longer: nothing more is begun on it")

    def connect(self, address: str) -> bool:
        """Connect once to the board at an address; a board that is away needs no renewed lease."""
        self._used = time.monotonic()
        return super().connect(address)

    def saw(self, found: Lease | None) -> str:
        """Note the lease that a survey found; return why the host is refused, or nothing."""
        self._seen = found
        if found is None or not found.left or found.id == run_id():
            return ""
        if found.died or self._over:
            why = "it was killed" if found.died else "you take the board over"
            logger.warning(f"{self._host.print_prefix}{found.sentence}: {why}")
            self._over = True
            self._taken_over = f"lease {found.token} of {found.holder.who}"
            return ""
        return f"{found.sentence}: {WAIT}"

    def last(self) -> None:
        """Let the next script end the lease: no other change is expected."""
        self._last = True

    def release(self) -> str:
        """Return a script that ends the lease at the end of another; see `released`."""
        return lease.release(run_id())

    def released(self) -> None:
        """Note that such a script has run."""
        self.taken = self._last = False
        self._audit.note(self._token)

    def end(self) -> None:
        """End the lease, if this run has it."""
        if self.taken:
            self.released()
            # Not by a query: an interrupted script may still have the lock of the board.
            sent = Sent(complete(f"{lease.release(run_id())}exit 0"))
            with suppress(Refused, *LOST):
                try:
                    execute(self._state, self._host, "end the lease", sent, END_SECONDS)
                except LOST:
                    # A script that was ended for its limit has taken the connection with it.
                    if connect_again(self._host):
                        execute(self._state, self._host, "end the lease", sent, END_SECONDS)

    def _checked(self, result: Result) -> Result:
        self._used = time.monotonic()
        if lease.refused(result.err):
            self.released()
            other = lease.refused_by(result.err)
            who = other.sentence if other else "another run has taken this board"
            # One that has taken the board over may have ended since.
            remedy = "run again" if other and not other.left else WAIT
            raise Refused(f"{who}: this run changes nothing more on it; {remedy}")
        return result

    def _renew(self) -> None:
        while self.taken:
            gevent.sleep(lease.RENEWED_SECONDS / 6)
            if is_let_go(self._host.name):
                return
            idle = time.monotonic() - self._used > lease.RENEWED_SECONDS
            if self.taken and idle and not self._turn.locked():
                try:
                    self.query("true\n", "renew the lease", tries=1)
                except Refused as refusal:
                    logger.warning(f"{self._host.print_prefix}{refusal}")
                    return


def leased(state: State, host: Host) -> LeasedBoard:
    """Return the board of a host in this run; the same one at each call."""
    name = host.name
    if name not in _BOARDS:
        # Those of pyinfra's context are known in the greenlet of an operation alone.
        own = ctx_state.get() if isinstance(state, ContextObject) else state
        _BOARDS[name] = LeasedBoard(own, own.inventory.get_host(name))
    return _BOARDS[name]


def _stop_if_ending() -> None:
    """Begin nothing more in a run that a signal ends: the process exits in a moment."""
    if _ENDING:
        gevent.sleep(10 * END_SECONDS)
        raise Refused("the run was interrupted")


def end_all() -> None:
    """Let this run send no other script, and end its leases, within `END_SECONDS`."""
    _ENDING.append(True)
    endings = [gevent.spawn(board.end) for board in _BOARDS.values() if board.taken]
    gevent.joinall(endings, timeout=END_SECONDS)


@cache
def run_id() -> str:
    """Return the id of this run, which no other has."""
    return secrets.token_hex(8)


@cache
def holder_of_run() -> Holder:
    """Return who runs this run, for the lease of a board."""
    spec = str(current().spec.path)
    return Holder(who(), spec, run_name(), Process.own())
