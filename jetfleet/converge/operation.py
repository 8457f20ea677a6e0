"""The one pyinfra operation: a resource is in sync, refused, or changed and read again."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from gevent.lock import BoundedSemaphore
from pyinfra.api.command import FunctionCommand
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.operation import operation
from pyinfra.context import host, state

from jetfleet.converge.attribute_change import changes_of
from jetfleet.converge.executor import Executor
from jetfleet.converge.leased import leased
from jetfleet.converge.plan_guard import check_plan
from jetfleet.converge.planned import log_planned
from jetfleet.converge.say import say, say_changes, say_error, say_warning
from jetfleet.converge.session import Session
from jetfleet.defect import contained
from jetfleet.errors import FleetError
from jetfleet.events import event as events
from jetfleet.events.write import log_event
from jetfleet.resources import RunOptions
from jetfleet.steps import Refused, StepFailed

if TYPE_CHECKING:
    from collections.abc import Generator

    from pyinfra.api.host import Host
    from pyinfra.api.state import State

    from jetfleet.fleet.desired_state import DesiredState

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
        refused = check_plan(a_host.name, session, wanted)
        held = board.saw(session.lease) if changes and a_state.is_executing else ""
        return held or refused

    if place not in _SESSIONS:
        options = RunOptions(
            reboot=a_host.data.get("reboot") == "allow",
            deep=a_host.data.get("deep") in {"yes", True},
            diff=bool(a_state.config.DIFF),
            prune=a_host.data.get("prune") in {"yes", True},
        )
        _SESSIONS[place] = Session(
            wanted.resources(a_host.name).values(),
            options,
            board.survey,
            guard,
        )
    session = _SESSIONS[place]
    session.enter(a_state.is_executing)
    return session


@operation()
def converge(key: str, wanted: DesiredState) -> Generator[FunctionCommand, None, None]:
    """Ensure that one resource of this host is in sync with the spec.

    + key: the resource's key
    + wanted: what the roles of this deploy want on each host

    A resource that must not be changed fails the host, in the plan already.
    """
    try:
        # pyinfra ends the run by an exception of its own when the last host has failed.
        with contained(f"planning {key}", passing=(PyinfraError,)):
            command = _planned(state, host, key, wanted)
    except FleetError as error:
        command = _refused(state, host, key, str(error))
    if command is not None:
        yield command


def _planned(state: State, host: Host, key: str, wanted: DesiredState) -> FunctionCommand | None:
    """Compare one resource, log what differs, and return what is to be done, if anything."""
    session = session_of(state, host, wanted, changes=True)
    if key not in session.resources:
        host.noop("another host's resource")
        return None
    if host in state.failed_hosts and not state.is_executing:
        host.noop("refused before")  # the plan of a host ends with what it is refused for
        return None
    verdict = session.verdict(key)
    if verdict.refused:
        return _refused(state, host, key, verdict.refused)
    if not verdict.changes:
        host.noop(f"{session.resources[key].title}: in sync")
        return None
    if not state.is_executing or not state.should_check_for_changes():
        say_changes(host, verdict.changes)
        log_planned(host.name, session, key, verdict.changes)
    return FunctionCommand(_change, (key, wanted), {})


def _refused(state: State, host: Host, key: str, reason: str) -> FunctionCommand | None:
    """Fail a host: at once in a plan, else by the command that is returned."""
    if state.is_executing:
        return FunctionCommand(_refuse, (key, reason), {})
    _log_refused(host, key, reason)
    _fail(state, host)
    return None


def _change(state: State, host: Host, key: str, wanted: DesiredState) -> bool:
    session = session_of(state, host, wanted, changes=True)
    resource = session.resources[key]
    changes = session.verdict(key).changes
    board = leased(state, host)
    executor = Executor(
        board,
        lambda line: say(host, line),
        lambda seen: log_event(
            events.Progress(host=host.name, resource=key, line=seen.line, bytes=seen.bytes)
        ),
    )
    begun = time.time()
    try:
        with contained(f"changing {key}"), _limit(wanted, resource.shares):
            begun = time.time()
            log_event(events.Started(host=host.name, resource=key))
            rebooted = executor.execute(
                resource.steps(session.actual(key), changes, session.options, wanted.resolver)
            )
        if rebooted:
            log_event(events.Rebooted(host=host.name, resource=key))
            session.forget()
        session.changed(key)
        if session.is_last(key):
            board.last()
        after = session.verdict(key)
        left = [change for change in after.changes if not change.waits_for]
        if after.refused or left:
            no_effect = f"{resource.title} had no effect: {left[0].sentence}" if left else ""
            raise StepFailed(after.refused or executor.with_remedy(no_effect))
    except Refused as refusal:
        session.changed(key)
        _log_refused(host, key, str(refusal))
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


_LIMITS: dict[str, BoundedSemaphore] = {}


def _limit(wanted: DesiredState, name: str) -> AbstractContextManager[object]:
    """Return what holds back more hosts than the spec's limit of this name; nothing without."""
    at_once = getattr(wanted.spec.limits, name, None) if name else None
    if at_once is None:
        return nullcontext()
    limit: AbstractContextManager[object] = _LIMITS.setdefault(name, BoundedSemaphore(at_once))
    return limit


def _refuse(state: State, host: Host, key: str, reason: str) -> bool:
    del state
    _log_refused(host, key, reason)
    return False


def _fail(a_state: State, a_host: Host) -> None:
    try:
        a_state.fail_hosts({a_host})
    except EOFError:
        # pyinfra has failed the host and asks whether to go on; nobody is there to answer, as in
        # a plan that a job makes: it goes on with the others.
        say_warning(a_host, "left out of the rest of this plan")


def _log_refused(a_host: Host, key: str, reason: str) -> None:
    log_event(events.Refused(host=a_host.name, resource=key, reason=reason))
    say_error(a_host, reason)
