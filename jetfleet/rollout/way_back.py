"""After a halt or an abort: what is taken back, what is only surveyed, and when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.rollout.actions import End, Mark
from jetfleet.rollout.outcomes import MEANING
from jetfleet.rollout.sending import Sender
from jetfleet.text import format_count

if TYPE_CHECKING:
    from jetfleet.rollout.actions import Action
    from jetfleet.rollout.rollout import Rollout
    from jetfleet.rollout.state import HostState, State

TRIES = 3
"""How often the way back of one board is tried."""


def wind_down(state: State, rollout: Rollout, now: float) -> list[Action]:
    """Return what follows an abort: nothing is taken back, and each host in flight is surveyed."""
    cancelled: list[Action] = [
        Mark(name, _cancelled(host), "aborted while it was in flight", host.task)
        for name, host in state.hosts.items()
        if host.purpose in {"apply", "undo", "stage"}
    ]
    if cancelled:
        return cancelled
    unknown = [name for name, host in state.hosts.items() if host.outcome == "unknown"]
    if not unknown:
        return [End("aborted", state.aborted)]
    sender = Sender(state, rollout, now)
    sender.survey(unknown)
    return [*sender.sends]


def way_back(state: State, rollout: Rollout, now: float) -> list[Action]:
    """Return what follows a halt: hosts in flight end, then those of the scope are taken back.

    It is direct: no canary, no gate, no window; only the limits hold.
    """
    staging: list[Action] = [
        Mark(name, "not-staged", "halted", host.task)
        for name, host in state.hosts.items()
        if host.purpose == "stage"
    ]
    if staging:
        return staging
    if any(host.purpose == "apply" for host in state.hosts.values()):
        return []
    open_ones = [name for name in state.undo_scope if _wanted(state.hosts[name])]
    lost: list[Action] = [
        Mark(name, "not-back", state.hosts[name].detail or "no answer")
        for name in open_ones
        if _given_up(state, rollout, state.hosts[name], now)
    ]
    if lost:
        return lost
    sender = Sender(state, rollout, now)
    sender.survey(name for name in open_ones if state.hosts[name].uncertain)
    sender.survey(name for name, host in state.hosts.items()
                  if host.outcome == "unknown" and name not in state.undo_scope)  # fmt: skip
    if not state.paused:
        sender.undo(name for name in open_ones if not state.hosts[name].uncertain)
    unknown = any(host.outcome == "unknown" for host in state.hosts.values())
    if sender.sends or open_ones or unknown:
        return [*sender.sends]
    return [_end(state)]


def _cancelled(host: HostState) -> str:
    return "not-staged" if host.purpose == "stage" else "unknown"


def _wanted(host: HostState) -> bool:
    """Tell whether a host is still to be taken back: it was changed, or may have been."""
    if host.undo or not host.outcome:
        return False
    return host.uncertain or MEANING[host.outcome].undo


def _given_up(state: State, rollout: Rollout, host: HostState, now: float) -> bool:
    if host.task:
        return False
    if host.undo_tries >= TRIES:
        return True
    waited = now - max(state.since(state.halted_at), host.held_until)
    return host.uncertain and waited > rollout.deadline.host


def _end(state: State) -> End:
    stuck = [
        name for name in state.undo_scope if state.hosts[name].undo in {"not-back", "no-way-back"}
    ]
    if stuck:
        return End("not-back", f"{format_count(len(stuck), 'host')} could not be brought back")
    return End("halted", state.halted)
