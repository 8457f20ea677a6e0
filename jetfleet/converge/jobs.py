"""The jobs of a host: each resource that differs is changed, with those that may be with it."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from jetfleet.converge.batch import Batch, keys_with
from jetfleet.converge.completion import mark_last, work_ended
from jetfleet.converge.leased import leased
from jetfleet.converge.plan_guard import check_plan
from jetfleet.converge.planned import log_planned
from jetfleet.converge.rows import mark_row
from jetfleet.converge.say import log_refused, say_changes
from jetfleet.converge.session import Session
from jetfleet.converge.settle import settle
from jetfleet.converge.work import Work, turns, waiting
from jetfleet.defect import contained
from jetfleet.errors import FleetError
from jetfleet.resources import Applied, RunOptions
from jetfleet.resources.base import rate_of, rollout_of
from jetfleet.resources.base.rollout import OPTIONS
from jetfleet.spec.reboot import may_reboot, remedy_of
from jetfleet.steps import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyinfra.api.host import Host
    from pyinfra.api.state import State

    from jetfleet.fleet.desired_state import DesiredState
    from jetfleet.resources import Change

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
            held = _taken_back(session)
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
            rate=rate_of(a_host.data.get("rate")),
            rollout=rollout_of(*map(a_host.data.get, OPTIONS)),
            again=str(a_host.data.get("again") or "").strip(),
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


def _taken_back(session: Session) -> str:
    """Return why the spec's commit is not applied once more; empty if nothing is against it."""
    if session.options.rollout.id or session.options.again:
        return ""
    found = (
        one.taken_back(session.known[key])
        for key, one in session.resources.items()
        if isinstance(one, Applied) and isinstance(session.known.get(key), dict)
    )
    return next(filter(None, found), "")


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


_TRIED: dict[tuple[int, str, str], bool] = {}
"""Whether a change went well that was made with the one of an earlier row."""


def _job(state: State, host: Host, key: str, wanted: DesiredState) -> bool | None:
    """Change one resource, if it differs; return whether that went well, None if it does not."""
    place = (id(wanted), host.name)
    if (*place, key) in _TRIED:
        return _TRIED.pop((*place, key))
    try:
        with contained(f"planning {key}"):
            session = session_of(state, host, wanted, changes=True)
            verdict = session.verdict(key)
            if verdict.refused:
                raise Refused(verdict.refused)
            if not verdict.changes:
                return None
            keys = keys_with(session, key, wanted.roles(host.name))
            if not state.should_check_for_changes():
                for one in keys:
                    say_planned(host, session, one, session.verdict(one).changes)
            _wait_for_others(state, wanted, session.resources[key].after)
    except FleetError as error:
        log_refused(host, key, str(error))
        return False
    tried = Batch(host, session, leased(state, host), wanted).change(keys)
    _TRIED.update({(*place, one): well for one, well in tried.items() if one != key})
    return tried[key]


def say_planned(host: Host, session: Session, key: str, changes: Sequence[Change]) -> None:
    """Print and log what differs of a resource."""
    say_changes(host, changes)
    log_planned(host.name, session, key, changes)
