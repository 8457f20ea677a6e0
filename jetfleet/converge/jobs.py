"""The jobs of a host: each resource that differs is changed and read again."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from gevent.lock import BoundedSemaphore

from jetfleet.converge.announce import announcement
from jetfleet.converge.attribute_change import changes_of
from jetfleet.converge.completion import mark_last, work_ended
from jetfleet.converge.executor import Executor
from jetfleet.converge.leased import leased
from jetfleet.converge.plan_guard import check_plan
from jetfleet.converge.planned import log_planned
from jetfleet.converge.reading import Reading
from jetfleet.converge.rows import mark_row
from jetfleet.converge.say import say, say_changes, say_error, say_warning
from jetfleet.converge.session import Session
from jetfleet.converge.settle import settle
from jetfleet.converge.work import Work, turns, waiting
from jetfleet.defect import contained
from jetfleet.errors import FleetError
from jetfleet.events import event as events
from jetfleet.events.write import log_event
from jetfleet.resources import RunOptions
from jetfleet.spec.reboot import may_reboot, remedy_of
from jetfleet.steps import Refused, StepFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyinfra.api.host import Host
    from pyinfra.api.state import State

    from jetfleet.converge.leased import LeasedBoard
    from jetfleet.fleet.desired_state import DesiredState
    from jetfleet.resources import Change
    from jetfleet.steps import Progress

AGAIN = "the board has rebooted once: run again"

_SESSIONS: dict[tuple[int, str], Session] = {}


def session_of(
    a_state: State, a_host: Host, wanted: DesiredState, *, changes: bool = False
) -> Session:
    """Return the session of a host in this run, in the phase that pyinfra is in.

    Parameters
    ----------
    changes:
        Whether the run will change the host: it is refused while another run does so.

    """
    place = (id(wanted), a_host.name)
    board = leased(a_state, a_host)

    def guard(session: Session) -> str:
        held = board.saw(session.lease) if changes and a_state.is_executing else ""
        if changes and a_state.is_executing and not held:
            settle(a_host, session, board)
        return held or check_plan(a_host.name, session, wanted)

    if place not in _SESSIONS:
        options = RunOptions(
            reboot=_may_reboot(a_host, wanted),
            reboot_remedy=remedy_of(wanted.spec.host(a_host.name).reboot),
            upgrade=a_host.data.get("upgrade") == "allow",
            deep=a_host.data.get("deep") in {"yes", True},
            diff=bool(a_state.config.DIFF),
            prune=a_host.data.get("prune") in {"yes", True},
        )
        _SESSIONS[place] = Session(
            [row for _, row in wanted.rows(frozenset({a_host.name}))],
            options,
            board.survey,
            guard,
        )
    session = _SESSIONS[place]
    session.enter(a_state.is_executing)
    return session


def _may_reboot(a_host: Host, wanted: DesiredState) -> bool:
    now = time.localtime()
    return may_reboot(
        wanted.spec.host(a_host.name).reboot,
        60 * now.tm_hour + now.tm_min,
        allowed=a_host.data.get("reboot") == "allow",
    )


_WORK: dict[tuple[int, str], Work] = {}


def add_row(host: Host, wanted: DesiredState) -> None:
    """Let the operation that was added last report what came of a resource."""
    mark_row(host, partial(begin, wanted=wanted))
    mark_last(host, wanted)


def begin(state: State, host: Host, wanted: DesiredState) -> Work:
    """Return the work of a host, which begins at the first call."""
    place = (id(wanted), host.name)
    if place not in _WORK:
        rows = wanted.rows(frozenset({host.name}))
        jobs = {row.key: partial(_job, state, host, row.key, wanted) for _, row in rows}
        _WORK[place] = Work(host, jobs, turns(state), partial(work_ended, state, host, wanted))
    return _WORK[place]


def _wait_for_others(state: State, wanted: DesiredState, after: Sequence[str]) -> None:
    """Wait for what must be tried on other hosts first; only for work that has begun."""
    others = [work for (place, _), work in _WORK.items() if place == id(wanted)]
    with waiting(turns(state)):
        for key in after:
            for work in others:
                work.wait_until_tried(key)


def _job(state: State, host: Host, key: str, wanted: DesiredState) -> bool | None:
    """Change one resource, if it differs; return whether that went well, None if it does not."""
    try:
        with contained(f"planning {key}"):
            session = session_of(state, host, wanted, changes=True)
            verdict = session.verdict(key)
            if verdict.refused:
                raise Refused(verdict.refused)
            if not verdict.changes:
                return None
            if not state.should_check_for_changes():
                say_planned(host, session, key, verdict.changes)
            _wait_for_others(state, wanted, session.resources[key].after)
    except FleetError as error:
        log_refused(host, key, str(error))
        return False
    return _change(state, host, key, wanted)


def _change(state: State, host: Host, key: str, wanted: DesiredState) -> bool:
    session = session_of(state, host, wanted, changes=True)
    resource = session.resources[key]
    changes = session.verdict(key).changes
    board = leased(state, host)
    ends = session.is_last(key)
    script, seconds = session.reading_after(key)
    reading = Reading(script + (board.release() if ends else ""), seconds)
    executor = _executor(host, key, board, _limit(wanted, "reboots"), reading)
    begun = time.time()
    try:
        with contained(f"changing {key}"), _limit(wanted, resource.shares):
            begun = time.time()
            log_event(events.Started(host=host.name, resource=key))
            executor.execute(announcement(session, key))
            rebooted = executor.execute(
                resource.steps(
                    session.actual(key), changes, session.options, wanted.resolver(host.name)
                )
            )
        if rebooted:
            log_event(events.Rebooted(host=host.name, resource=key))
            # What needs another reboot waits for the next run.
            session.options = replace(session.options, reboot=False, reboot_remedy=AGAIN)
            session.forget()
        session.changed(key)
        if reading.output is not None and not rebooted:
            session.take(reading.output)
            if ends:
                board.released()
        elif session.is_last(key):
            board.last()
        after = session.verdict(key)
        left = [change for change in after.changes if not change.waits_for]
        if after.refused or left:
            no_effect = f"{resource.title} had no effect: {left[0].sentence}" if left else ""
            raise StepFailed(after.refused or executor.with_remedy(no_effect))
    except Refused as refusal:
        session.changed(key)
        log_refused(host, key, str(refusal))
        return False
    except FleetError as failure:
        session.changed(key)
        failed = events.Failed(
            host=host.name,
            resource=key,
            begun=round(begun, 3),
            changes=changes_of(changes),
            reason=str(failure),
        )
        log_event(failed)
        say_error(host, str(failure))
        return False
    for change in after.changes:
        say_warning(host, change.sentence)
    changed = events.Changed(
        host=host.name, resource=key, begun=round(begun, 3), changes=changes_of(changes)
    )
    log_event(changed)
    return True


def _executor(
    host: Host,
    key: str,
    board: LeasedBoard,
    reboots: AbstractContextManager[object],
    reading: Reading,
) -> Executor:
    def note(seen: Progress) -> None:
        log_event(events.Progress(host=host.name, resource=key, line=seen.line, bytes=seen.bytes))

    return Executor(board, lambda line: say(host, line), note, reboots, reading)


_LIMITS: dict[str, BoundedSemaphore] = {}


def _limit(wanted: DesiredState, name: str) -> AbstractContextManager[object]:
    """Return what holds back more hosts than the spec's limit of this name; nothing without."""
    at_once = getattr(wanted.spec.limits, name, None) if name else None
    if at_once is None:
        return nullcontext()
    limit: AbstractContextManager[object] = _LIMITS.setdefault(name, BoundedSemaphore(at_once))
    return limit


def say_planned(host: Host, session: Session, key: str, changes: Sequence[Change]) -> None:
    """Print and log what differs of a resource."""
    say_changes(host, changes)
    log_planned(host.name, session, key, changes)


def log_refused(a_host: Host, key: str, reason: str) -> None:
    """Print and log why a host is refused."""
    log_event(events.Refused(host=a_host.name, resource=key, reason=reason))
    say_error(a_host, reason)
