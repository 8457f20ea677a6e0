"""Changes of a host that go to the board together: each is read again, and has its own outcome."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from gevent.lock import BoundedSemaphore

from jetfleet.converge.announce import announcement
from jetfleet.converge.attribute_change import changes_of
from jetfleet.converge.executor import Executor
from jetfleet.converge.outbox import HeldFailed
from jetfleet.converge.say import log_refused, say, say_error, say_warning
from jetfleet.defect import contained
from jetfleet.errors import FleetError
from jetfleet.events import event as events
from jetfleet.events.write import log_event
from jetfleet.steps import Refused, StepFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyinfra.api.host import Host

    from jetfleet.converge.leased import LeasedBoard
    from jetfleet.converge.session import Session
    from jetfleet.fleet.desired_state import DesiredState
    from jetfleet.resources import Change
    from jetfleet.steps import Progress

AGAIN = "the board has rebooted once: run again"


def keys_with(session: Session, key: str, roles: Mapping[str, str]) -> list[str]:
    """Return a resource that differs, and those right behind it that may be changed with it.

    They are of the same role, none of them needs what the change of another has made, and other
    hosts do not decide when it is changed.
    """
    found = [key]
    order = list(session.resources)
    for other in order[order.index(key) + 1 :]:
        apart = any(_stands_apart(session, one) for one in (key, other))
        if apart or roles.get(other) != roles.get(key):
            break
        if other not in session.known or other in session.stale(found):
            break
        verdict = session.verdict(other)
        if verdict.refused:
            break
        if verdict.changes:
            found.append(other)
    return found


def _stands_apart(session: Session, key: str) -> bool:
    resource = session.resources[key]
    return bool(resource.shares or resource.after)


@dataclass
class _Done:
    """What became of some changes.

    Parameters
    ----------
    ended:
        Keys of those whose scripts have all ended well.
    failed:
        Key of the one that did not, and `reason` why; empty if all did.
    rebooted:
        The board has rebooted at the last of them.
    releases:
        Their last script ends the lease of the board.

    """

    ended: list[str] = field(default_factory=list)
    failed: str = ""
    reason: FleetError | None = None
    rebooted: bool = False
    releases: bool = False


class Batch:
    """Changes of one host."""

    def __init__(
        self, host: Host, session: Session, board: LeasedBoard, wanted: DesiredState
    ) -> None:
        self._host = host
        self._session = session
        self._board = board
        self._wanted = wanted
        self._key = ""
        self._begun: dict[str, float] = {}
        self._changes: dict[str, Sequence[Change]] = {}
        reboots = _limit(wanted, "reboots")
        self._executor = Executor(board, lambda line: say(host, line), self._note, reboots)

    def change(self, keys: Sequence[str]) -> dict[str, bool]:
        """Make changes, as many of them as go together; return which went well.

        Those behind one that failed are not made.
        """
        session = self._session
        self._changes = {key: session.verdict(key).changes for key in keys}
        with _limit(self._wanted, session.resources[keys[0]].shares):
            done = self._made(keys)
        self._read_again(done)
        tried = {key: self._judged(key) for key in done.ended}
        if done.failed:
            self._log_failed(done.failed, done.reason)
            tried[done.failed] = False
        return tried

    def _made(self, keys: Sequence[str]) -> _Done:
        """Carry out the steps of changes, until the scripts of one wait for no other."""
        done = _Done()
        try:
            for key in keys:
                self._steps(key, done)
                if done.failed or done.rebooted or not self._executor.holds:
                    break
            with contained(f"changing {' and '.join(done.ended or keys[:1])}"):
                # The note of this run is held even where the first change failed before any script.
                if done.ended and self._executor.holds and self._session.is_last(done.ended):
                    self._executor.reading.script += self._board.release()
                    done.releases = True
                self._executor.finish()
        except FleetError as failure:
            owner = failure.owner if isinstance(failure, HeldFailed) else ""
            done.failed, done.reason = owner or keys[0], failure
            done.ended = list(keys[: keys.index(done.failed)])
        return done

    def _steps(self, key: str, done: _Done) -> None:
        session, resource = self._session, self._session.resources[key]
        self._key, self._begun[key] = key, time.time()
        log_event(events.Started(host=self._host.name, resource=key))
        try:
            with contained(f"changing {key}"):
                self._executor.reading = session.reading_after([*done.ended, key])
                self._executor.execute(announcement(session, key))
                steps = resource.steps(
                    session.actual(key),
                    self._changes[key],
                    session.options,
                    self._wanted.resolver(self._host.name),
                )
                done.rebooted = self._executor.execute(steps, key)
        except HeldFailed:
            raise
        except FleetError as error:
            self._executor.drop(key)
            done.failed, done.reason = key, error
        else:
            done.ended.append(key)

    def _read_again(self, done: _Done) -> None:
        """Know what came back with the changes; the rest is read at the next question."""
        session, reading = self._session, self._executor.reading
        if done.rebooted:
            log_event(events.Rebooted(host=self._host.name, resource=done.ended[-1]))
            # What needs another reboot waits for the next run.
            session.options = replace(session.options, reboot=False, reboot_remedy=AGAIN)
            session.forget()
        session.changed([*done.ended, done.failed] if done.failed else done.ended)
        if done.failed:
            return
        if reading.output is not None and not done.rebooted:
            session.take(reading)
            if done.releases:
                self._board.released()
        elif session.is_last(done.ended):
            self._board.last()

    def _judged(self, key: str) -> bool:
        """Log what came of a change whose scripts have ended well; return whether it had effect."""
        session = self._session
        after = session.verdict(key)
        left = [change for change in after.changes if not change.waits_for]
        if after.refused or left:
            title = session.resources[key].title
            no_effect = f"{title} had no effect: {left[0].sentence}" if left else ""
            why = after.refused or self._executor.with_remedy(no_effect)
            self._log_failed(key, StepFailed(why))
            return False
        for change in after.changes:
            say_warning(self._host, change.sentence)
        changed = events.Changed(
            host=self._host.name,
            resource=key,
            begun=round(self._begun[key], 3),
            changes=changes_of(self._changes[key]),
        )
        log_event(changed)
        return True

    def _log_failed(self, key: str, reason: FleetError | None) -> None:
        if isinstance(reason, Refused):
            log_refused(self._host, key, str(reason))
            return
        failed = events.Failed(
            host=self._host.name,
            resource=key,
            begun=round(self._begun[key], 3),
            changes=changes_of(self._changes[key]),
            reason=str(reason),
        )
        log_event(failed)
        say_error(self._host, str(reason))

    def _note(self, seen: Progress) -> None:
        progress = events.Progress(
            host=self._host.name, resource=self._key, line=seen.line, bytes=seen.bytes
        )
        log_event(progress)


_LIMITS: dict[str, BoundedSemaphore] = {}


def _limit(wanted: DesiredState, name: str) -> AbstractContextManager[object]:
    """Return what holds back more hosts than the spec's limit of this name; nothing without."""
    at_once = getattr(wanted.spec.limits, name, None) if name else None
    if at_once is None:
        return nullcontext()
    limit: AbstractContextManager[object] = _LIMITS.setdefault(name, BoundedSemaphore(at_once))
    return limit
