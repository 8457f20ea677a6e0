"""Hold a host to a reviewed plan: refuse it if it is no longer as it was planned."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jetfleet.drift.fingerprint import desired_of, fixed_in, survey_of
from jetfleet.environment import PLAN
from jetfleet.events.event import ResourceName, Surveyed
from jetfleet.events.write import log_event, logs_events
from jetfleet.resources.applied import Applied
from jetfleet.resources.model import ModelState
from jetfleet.resources.service import ServiceState
from jetfleet.steps import Refused
from jetfleet.survey.survey import Unknown
from jetfleet.text import format_count, read_object

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from jetfleet.converge.session import Session
    from jetfleet.fleet.desired_state import DesiredState


def check_plan(host: str, session: Session, wanted: DesiredState) -> str:
    """Log what the survey of a host found; return why the host is refused, or nothing."""
    path = os.environ.get(PLAN)
    if not path and not logs_events():
        return ""
    survey = survey_of(session.resources, session.known)
    desired = desired_of(session.resources)
    roles, record = wanted.roles(host), applied_in(session)
    surveyed = Surveyed(
        host=host,
        survey=survey,
        fixed=fixed_in(session.resources, session.known),
        desired=desired,
        applied=record.get("commit"),
        rollout=record.get("rollout", ""),
        attempt=record.get("attempt", 0),
        taken_back=record.get("taken_back", ""),
        taken_commit=record.get("taken_commit", ""),
        held=_held(session),
        free=_free(session),
        ready_seconds=_ready_seconds(session),
        resources=tuple(
            ResourceName(resource=key, title=resource.title, role=roles.get(key, ""))
            for key, resource in session.resources.items()
        ),
        notes=session.notes(),
    )
    log_event(surveyed)
    return _held_to(path, host, session, survey, desired) if path else ""


def _held_to(path: str, host: str, session: Session, survey: str, desired: str) -> str:
    """Return why a host is not as a plan has it, or nothing."""
    try:
        planned = _hosts(path).get(host)
    except (OSError, ValueError, LookupError, TypeError) as error:
        return f"the plan {path} cannot be read ({error}): make a new one with `jetfleet plan`"
    if planned is None:
        return f"the plan does not have {host}: make a new one with `jetfleet plan`"
    if planned["desired"] != desired:
        return (
            f"spec or lock of {host} have changed since the plan was made: review a new one with "
            "`jetfleet plan`, and apply that"
        )
    new = planned["survey"] != survey and what_is_new(session, planned)
    if new:
        return (
            f"{host} has changed since the plan was made ({new}): review a new one with "
            "`jetfleet plan`, and apply that"
        )
    return ""


def what_is_new(session: Session, planned: Mapping[str, Any]) -> str:
    """Return what an apply would do now that a host's plan does not have, as one sentence.

    It is empty where the board has another state and the plan still does the same, or less: a
    service has become ready, or a model has come.
    """
    plans = {
        one["resource"]: {change["attribute"] for change in one["changes"]}
        for one in planned.get("resources", ())
    }
    fixed = fixed_in(session.resources, session.known)
    before = planned.get("fixed", {})
    new = [
        _new_of(session, key, plans.get(key, frozenset()), same=before.get(key) == fixed[key])
        for key in session.resources
    ]
    sentences = [sentence for sentence in new if sentence]
    more = f"; and {format_count(len(sentences) - 1, 'more resource')}" if sentences[1:] else ""
    return sentences[0] + more if sentences else ""


def _new_of(session: Session, key: str, planned: AbstractSet[str], *, same: bool) -> str:
    """Return what is new of one resource.

    Parameters
    ----------
    planned:
        Attributes that the plan changes.
    same:
        Whether what does not change by itself is as it was.

    """
    resource, actual = session.resources[key], session.known[key]
    if isinstance(actual, Unknown):
        return actual.reason
    try:
        changes = resource.compare(resource.settled(actual), session.options)
    except Refused as refusal:
        return str(refusal)
    moving = any(map(resource.by_itself, planned))
    new = (one for one in changes if not (moving if resource.by_itself(one.attribute) else same))
    return next((one.sentence for one in new), "")


def applied_in(session: Session) -> Mapping[str, Any]:
    """Return the board's record of what was last applied; empty if it has or shows none."""
    found = next(
        (session.known.get(k) for k, r in session.resources.items() if isinstance(r, Applied)), None
    )
    return found if isinstance(found, dict) else {}


def _held(session: Session) -> str:
    """Return which run changes the board now; empty if none does, or it has died."""
    lease = session.lease
    return lease.sentence if lease and lease.left and not lease.died else ""


def _free(session: Session) -> int | None:
    """Return the bytes free for models; None if their filesystem is not mounted."""
    for state in session.known.values():
        if isinstance(state, ModelState) and state.mounted != "/":
            return state.free
    return None


def _ready_seconds(session: Session) -> dict[str, float]:
    """Seconds that each service that is up took to be ready when it was last started."""
    return {
        session.resources[key].id: state.ready_seconds
        for key, state in session.known.items()
        if isinstance(state, ServiceState) and state.ready_seconds
    }


@cache
def _hosts(path: str) -> dict[str, dict[str, str]]:
    plan = read_object(Path(path).read_bytes())
    return {host["host"]: host for host in plan["hosts"]}
