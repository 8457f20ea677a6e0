"""The one interpreter of events: what each of them means for its host."""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch
from typing import TYPE_CHECKING

from jetfleet.events.event import (
    Audited,
    BoardRead,
    Changed,
    Compared,
    Completed,
    Event,
    Failed,
    Inspected,
    Leased,
    Logged,
    Noted,
    Planned,
    Progress,
    Rebooted,
    Refused,
    Started,
    Surveyed,
    Unreachable,
    Verified,
)
from jetfleet.events.host import Activity, HostRun, Moment, ResourceRun
from jetfleet.events.read import events_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from jetfleet.events.state import Outcome


def read_host(folder: Path, host: str, wanted: Callable[[str], bool] = lambda _: True) -> HostRun:
    """Return a host of a run folder.

    Parameters
    ----------
    wanted:
        Tells of a phase whether its events count; all do by default.

    """
    return host_of(host, (one for one in events_of(folder, host) if wanted(one.phase)))


def host_of(name: str, events: Iterable[Event]) -> HostRun:
    """Return a host after these events."""
    host = HostRun(name)
    for event in events:
        take(host, event)
    return host


def take(host: HostRun, event: Event) -> None:
    """Add the next event to what is known of a host."""
    host.phase = event.phase or host.phase
    host.phases.add(event.phase)
    if host.began is None:
        host.began = event.at
        host.activity = Activity(since=event.at)
    host.ended = max(host.ended, event.at)
    _take(event, host)


@singledispatch
def _take(event: Event, host: HostRun) -> None:
    raise NotImplementedError(f"{event} of {host.name}")


@_take.register
def _(event: Surveyed, host: HostRun) -> None:
    host.survey, host.notes = event, event.notes
    for one in event.resources:
        # A second survey takes nothing back: what was not reached is still to be done.
        new = ResourceRun(one.resource, one.title, one.role, "in-sync")
        old = host.resources.setdefault(one.resource, new)
        old.title, old.role = one.title, one.role
    host.moments.append(Moment(event.at, "Survey", "in-sync"))
    _pause(host, event, "surveyed")


@_take.register
def _(event: Planned, host: HostRun) -> None:
    one = host.resource(event.resource)
    one.title, one.role = event.title or one.title, event.role or one.role
    one.outcome, one.cause = "changes", event.cause
    one.changes, one.effects = event.changes, event.effects


@_take.register
def _(event: Compared, host: HostRun) -> None:
    del event
    host.compared = True


@_take.register
def _(event: Started, host: HostRun) -> None:
    one = host.resource(event.resource)
    one.title = event.title or one.title
    one.begun, one.ended = event.at, None
    host.activity = Activity(one.title, event.at)


@_take.register
def _(event: Progress, host: HostRun) -> None:
    if event.bytes:
        host.resource(event.resource).bytes = event.bytes[0]
    host.activity = replace(host.activity, line=event.line, bytes=event.bytes)


@_take.register
def _(event: Rebooted, host: HostRun) -> None:
    host.rebooted.append(event.resource)
    host.moments.append(Moment(event.at, "Reboot", "changed"))
    _pause(host, event, "rebooted")


@_take.register
def _(event: Changed, host: HostRun) -> None:
    _end(host, event, "changed")
    _pause(host, event, "done")


@_take.register
def _(event: Failed, host: HostRun) -> None:
    one = _end(host, event, "failed")
    one.reason = event.reason
    host.failures.append(event.reason)
    _pause(host, event, "failed", event.reason)


@_take.register
def _(event: Refused, host: HostRun) -> None:
    one = host.resource(event.resource)
    # A change that finds such a precondition at its begin has changed nothing.
    one.outcome, one.reason, one.begun = "refused", event.reason, None
    host.refusals.append(event.reason)
    _pause(host, event, "refused", event.reason)


@_take.register
def _(event: Unreachable, host: HostRun) -> None:
    host.unreachable = event.reason
    _pause(host, event, "unreachable", event.reason)


@_take.register
def _(event: Verified, host: HostRun) -> None:
    host.verified.append(event)
    if not event.ok:
        host.failures.append(f"{event.what}: {event.reason}")
    outcome: Outcome = "in-sync" if event.ok else "failed"
    host.moments.append(Moment(event.at, f"Verify {event.what}", outcome))
    _pause(host, event, f"{event.what} {'verified' if event.ok else 'NOT verified'}", event.reason)


@_take.register
def _(event: Inspected, host: HostRun) -> None:
    host.readings, host.services = event.readings, event.services
    host.differences, host.notes = event.differences, event.notes
    if event.reason:
        host.refusals.append(event.reason)


@_take.register
def _(event: BoardRead, host: HostRun) -> None:
    host.read = event


@_take.register
def _(event: Noted, host: HostRun) -> None:
    host.notes = (*host.notes, event.note)


@_take.register
def _(event: Audited, host: HostRun) -> None:
    host.audit, host.token = (event.seq, event.head), event.token


@_take.register
def _(event: Leased, host: HostRun) -> None:
    host.leased = event


@_take.register
def _(event: Logged, host: HostRun) -> None:
    host.logged = event


@_take.register
def _(event: Completed, host: HostRun) -> None:
    del event
    host.completed = True


def _end(host: HostRun, event: Changed | Failed, outcome: Outcome) -> ResourceRun:
    one = host.resource(event.resource)
    one.outcome, one.begun, one.ended = outcome, event.begun, event.at
    diffs = {change.attribute: change.diff for change in one.changes}
    one.changes = tuple(
        change.model_copy(update={"diff": change.diff or diffs.get(change.attribute)})
        for change in event.changes
    )
    return one


def _pause(host: HostRun, event: Event, title: str, line: str = "") -> None:
    host.activity = Activity(title, event.at, line=line)
