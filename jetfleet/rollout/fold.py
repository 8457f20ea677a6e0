"""The pure fold of events to a state: what each kind of event does to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jetfleet.rollout import events, fold_host
from jetfleet.rollout.outcomes import GOOD
from jetfleet.rollout.state import ProbeState, State, begin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jetfleet.rollout.rollout import Rollout
    from jetfleet.rollout.state import HostState


def fold(rollout: Rollout, happened: Iterable[events.Event], state: State | None = None) -> State:
    """Return the state after `happened`; with a `state`, which is changed, after what was before.

    Events of hosts, waves or tasks that the rollout does not have, and words of people that mean
    nothing at their time, change nothing.
    """
    state = begin(rollout) if state is None else state
    for event in happened:
        state.last_event_at = event.at
        _HANDLERS[type(event)](state, rollout, event)
    return state


def _opened(state: State, rollout: Rollout, event: events.Opened) -> None:
    del rollout
    state.opened_at = state.active_since = event.at
    state.began_at = state.began_at or event.at


def _rebuilt(state: State, rollout: Rollout, event: events.Rebuilt) -> None:
    if state.tasks or state.rebuilt_at:
        return  # it is the first thing that happens in a store, or nothing
    state.rebuilt_at, state.task_prefix = event.at, event.tasks
    for host in state.hosts.values():
        host.outcome, host.unknown_since = "unknown", event.at
        host.uncertain = host.unread = True
        # A task of before may still be at work on it.
        host.held_until = event.at + rollout.lease


def _sent(state: State, rollout: Rollout, event: events.Sent) -> None:
    del rollout
    state.tasks[event.task] = event
    if event.purpose == "probe":
        state.probes[event.wave] = ProbeState(event.task, event.at)
        return
    for name in event.hosts:
        host = state.hosts.get(name)
        if host is None:
            continue
        host.task, host.purpose = event.task, event.purpose
        host.sent_at, host.begun_at, host.heard_at = event.at, 0, event.at
        if event.purpose == "apply":
            host.attempt, host.applied_by = event.attempt, event.task
            host.outcome, host.uncertain, host.detail = "", False, ""


def _gate(state: State, rollout: Rollout, event: events.GateRead) -> None:
    del rollout
    probe = state.probes.get(event.wave)
    if probe is not None and probe.task == event.task and event.wave not in state.verdicts:
        # The first reading stands: a verdict keeps the figures that it was given on.
        probe.read.setdefault(event.gate, event)


def _judged(state: State, rollout: Rollout, event: events.Judged) -> None:
    del rollout
    before = state.verdicts.get(event.wave)
    waits = before is not None and before.verdict in {"inconclusive", "ready"}
    if event.wave != state.active or (event.by and not waits and event.verdict != "fail"):
        return
    state.verdicts[event.wave] = event
    state.active_since = event.at


def _halted(state: State, rollout: Rollout, event: events.Halted) -> None:
    del rollout
    if state.aborted and not state.ended:
        return
    state.aborted = ""
    state.halted, state.halted_at = event.why or "by a person", event.at
    state.undo_scope = event.hosts
    state.ended = state.ended_why = ""
    for one in state.hosts.values():
        one.taken_back = False
    _stop(state, event.at)
    for name in event.hosts:
        host = state.hosts.get(name)
        if host is not None and host.undo != "undone":
            host.undo, host.undo_tries, host.retry_at = "", 0, 0


def _paused(state: State, rollout: Rollout, event: events.Paused) -> None:
    del rollout
    state.paused = event.reason or "by a person"


def _resumed(state: State, rollout: Rollout, event: events.Resumed) -> None:
    del rollout
    state.paused, state.active_since = "", event.at


def _aborted(state: State, rollout: Rollout, event: events.Aborted) -> None:
    del rollout
    if not state.ended:
        state.aborted, state.halted_at = event.reason or "by a person", event.at
        _stop(state, event.at)


def _stop(state: State, at: float) -> None:
    for host in state.hosts.values():
        fold_host.stop(host, at)


def _catch_up(state: State, rollout: Rollout, event: events.CatchUp) -> None:
    if state.halted or state.aborted or state.active is not None:
        return
    hosts = tuple(
        name for name in event.hosts if name in state.hosts and not state.hosts[name].task
    )
    if not hosts:
        return
    number = len(state.waves) - len(rollout.waves) + 1
    last = state.waves[len(rollout.waves) - 1]
    late = replace(
        last, name=f"catch-up {number}", hosts=hosts, person=False, canary=False, late=True
    )
    state.waves.append(late)
    state.ended, state.active_since = "", event.at
    _waiting(state, hosts)


def _waiting(state: State, hosts: Iterable[str]) -> None:
    for name in hosts:
        host = state.hosts[name]
        host.half = fold_host.is_half(host)
        host.outcome = host.detail = host.undo = host.applied_by = ""
        host.uncertain = False
        host.busy_since = host.retry_at = host.undo_tries = 0


def _retried(state: State, rollout: Rollout, event: events.Retried) -> None:
    judged = state.verdicts.get(event.wave)
    if state.aborted or event.wave != state.active or judged is None:
        return
    if state.halted and not state.ended:
        return  # the way back is not over
    first: dict[str, str] = {}
    for number in range(event.wave + 1):
        again = [name for name in state.waves[number].hosts if _left(state.hosts[name])]
        if not again and number < event.wave:
            continue
        state.verdicts.pop(number, None)
        state.probes.pop(number, None)
        _waiting(state, again)
        for name in again:
            first.setdefault(rollout.hosts[name].of_class, name)
    # After the store was lost, the wave that was taken back may come later than the one in work.
    later = (name for wave in state.waves[event.wave + 1 :] for name in wave.hosts)
    _waiting(state, [name for name in later if state.hosts[name].undo])
    state.retry_canary = tuple(first.values()) if state.halted else ()
    state.halted, state.undo_scope, state.ended, state.active_since = "", (), "", event.at


def _left(host: HostState) -> bool:
    """Tell whether a repeated wave has something to do on a host."""
    return bool(host.undo) or host.outcome not in GOOD


def _site_seen(state: State, rollout: Rollout, event: events.SiteSeen) -> None:
    del rollout
    state.sites_seen[event.site] = event.at


def _ended(state: State, rollout: Rollout, event: events.Ended) -> None:
    del rollout
    state.ended, state.ended_why, state.ended_at = event.how, event.why, event.at


_HANDLERS: dict[type[events.Event], Callable[[State, Rollout, Any], None]] = {
    events.Opened: _opened,
    events.Rebuilt: _rebuilt,
    events.Sent: _sent,
    events.Begun: fold_host.begun,
    events.Heard: fold_host.heard,
    events.Done: fold_host.done,
    events.Marked: fold_host.marked,
    events.GateRead: _gate,
    events.Judged: _judged,
    events.Halted: _halted,
    events.Paused: _paused,
    events.Resumed: _resumed,
    events.Aborted: _aborted,
    events.CatchUp: _catch_up,
    events.Retried: _retried,
    events.SiteSeen: _site_seen,
    events.Ended: _ended,
}
