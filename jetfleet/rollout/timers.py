"""What is decided because time has passed: who is lost, quarantined, or waited for no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.rollout.actions import Mark
from jetfleet.rollout.windows import open_seconds
from jetfleet.text import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.rollout.actions import Action
    from jetfleet.rollout.rollout import Rollout
    from jetfleet.rollout.state import HostState, State


def overdue(state: State, rollout: Rollout, now: float) -> Iterator[Action]:
    """Yield a mark for each host in flight, or in the wave in work, whose time is over."""
    gone = {name for name in rollout.sites if site_gone(state, rollout, name, now)}
    for name, host in state.hosts.items():
        if host.purpose is not None:
            why = _late(state, rollout, host, now)
            outcome = _outcome(host, gone=rollout.hosts[name].site in gone)
            if rollout.hosts[name].site in gone and host.purpose != "undo":
                why = _no_worker(rollout)
            if why:
                yield Mark(name, outcome, why, host.task)
        elif host.outcome == "unknown":
            yield from _unanswered(state, rollout, name, now)
    yield from _not_begun(state, rollout, gone, now)


def site_gone(state: State, rollout: Rollout, name: str, now: float) -> bool:
    """Tell whether a site's worker has not been heard for too long."""
    if not rollout.sites[name].worker:
        return False
    seen = state.since(state.sites_seen.get(name, state.began_at))
    return now - seen > rollout.deadline.site


def _late(state: State, rollout: Rollout, host: HostState, now: float) -> str:
    """Return why a task in flight is waited for no longer; empty while it is."""
    sent, deadline = state.since(host.sent_at), rollout.deadline
    if host.purpose == "survey":
        over = now - sent > deadline.silence
        return "no answer to the survey" if over else ""
    if host.begun_at and now - state.since(host.heard_at) > deadline.silence:
        return f"silent for {format_duration(deadline.silence)} after it was begun"
    if now - sent > deadline.host:
        return f"not done in {format_duration(deadline.host)}"
    return ""


def _outcome(host: HostState, *, gone: bool) -> str:
    if host.purpose == "stage":
        return "not-staged"
    if host.purpose == "survey":
        return "no-answer"
    if gone and host.purpose == "apply":
        return "site-unreachable"
    return "lost" if host.begun_at or host.purpose == "undo" else "unknown"


def _unanswered(state: State, rollout: Rollout, name: str, now: float) -> Iterator[Action]:
    """Yield a mark for a host of which no survey could say what is on it."""
    host = state.hosts[name]
    if now - state.since(host.unknown_since) <= rollout.deadline.host:
        return
    if host.unread and host.busy_since:
        yield Mark(name, "busy", "another run had its lease all the time")
    else:
        yield Mark(name, "unreachable", "no survey could say what is on it")


def _not_begun(state: State, rollout: Rollout, gone: set[str], now: float) -> Iterator[Action]:
    """Yield a mark for hosts of the wave in work that are not begun any more."""
    number = state.active
    if number is None or state.halted or state.aborted or number in state.verdicts:
        return
    deadline = rollout.deadline
    over = {name for name in rollout.sites if _open(state, rollout, name, now) > deadline.wave}
    for name in state.waves[number].hosts:
        host = state.hosts[name]
        if host.outcome or host.task:
            continue
        if rollout.hosts[name].site in gone:
            yield Mark(name, "site-unreachable", _no_worker(rollout))
        elif host.busy_since and now - host.busy_since > deadline.lease_wait:
            yield Mark(name, "busy", "another run had its lease all the time")
        elif not state.paused and rollout.hosts[name].site in over:
            yield Mark(name, "not-attempted", "the time of its wave was over")


def _open(state: State, rollout: Rollout, site: str, now: float) -> float:
    """Return how long hosts of a site could have been begun: while its windows were open."""
    if now - state.active_since <= rollout.deadline.wave:
        return 0.0
    return open_seconds(rollout.sites[site].windows, state.active_since, now)


def _no_worker(rollout: Rollout) -> str:
    return f"no sign of its site's worker for {format_duration(rollout.deadline.site)}"
