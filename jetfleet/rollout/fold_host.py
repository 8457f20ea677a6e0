"""What an event of one host does to its state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.rollout.outcomes import MEANING

if TYPE_CHECKING:
    from collections.abc import Callable

    from jetfleet.rollout import events
    from jetfleet.rollout.rollout import Rollout
    from jetfleet.rollout.state import HostState, State

_AGAIN = 30
"""Seconds until a board is asked again that was busy, or whose way back did not work."""

ATTEMPTS = 3
"""How many tasks of a host may be cut off in a row: it may be the host that they die of."""

_CUT_OFF = frozenset({"untouched", "unknown"})
"""How a host ends in an apply whose process has died, before and after its change had begun."""


def begun(state: State, rollout: Rollout, event: events.Begun) -> None:
    """Note that the first operation on a host is about to run."""
    del rollout
    host = state.hosts.get(event.host)
    if host is not None and host.task == event.task:
        host.begun_at = host.heard_at = event.at


def heard(state: State, rollout: Rollout, event: events.Heard) -> None:
    """Note a sign of life of hosts."""
    del rollout
    for name in event.hosts:
        if name in state.hosts:
            state.hosts[name].heard_at = event.at


def done(state: State, rollout: Rollout, event: events.Done) -> None:
    """Note how a host ended in a task; news of a task that counts no more changes nothing."""
    host = state.hosts.get(event.host)
    if host is None:
        return
    if host.task == event.task:
        purpose, host.task, host.purpose = host.purpose, "", None
        stopped = bool(state.halted or state.aborted)
        if purpose == "apply" and not stopped and _is_tried_again(host, event):
            return
        _OF_PURPOSE[purpose or "apply"](host, rollout, event)
    elif event.task == host.applied_by and host.uncertain and host.purpose != "undo":
        # It is waited for no longer; what the board says is truer than what was assumed.
        _applied(host, rollout, event)


def _is_tried_again(host: HostState, event: events.Done) -> bool:
    """Let a host wait for its next attempt if its process died: that says nothing of the change.

    The next attempt asks the board, and does what is left.
    """
    outcome = event.outcome if event.outcome in MEANING else "unknown"
    if outcome not in _CUT_OFF or host.cut_off + 1 >= ATTEMPTS:
        return False
    host.cut_off += 1
    host.half = host.half or bool(host.begun_at) or outcome == "unknown"
    host.outcome, host.detail, host.uncertain = "", event.detail, False
    host.held_until = 0
    return True


def is_half(host: HostState) -> bool:
    """Tell whether a change may be on a host that is neither whole nor taken back."""
    if host.undo == "undone" or not host.outcome:
        return host.half
    return host.uncertain or MEANING[host.outcome].failed


def stop(host: HostState, at: float) -> None:
    """Note that a host which waits for its next attempt does not get one any more."""
    if host.half and not host.task:
        _outcome(host, "unknown", at, host.detail)


def _applied(host: HostState, rollout: Rollout, event: events.Done) -> None:
    host.held_until, host.detail = 0, event.detail
    outcome = event.outcome if event.outcome in MEANING else "unknown"
    if host.begun_at and outcome in {"unreachable", "site-unreachable", "busy"}:
        outcome = "lost"  # it was reached, and begun
    if host.half:  # an earlier attempt has begun it
        outcome = _AFTER_HALF.get(outcome, outcome)
    if outcome == "busy":
        host.outcome, host.uncertain = "", False
        host.busy_since = host.busy_since or event.at
        host.retry_at = event.at + _AGAIN
        return
    _outcome(host, outcome, event.at, event.detail)
    host.busy_since = 0
    if host.uncertain:
        host.held_until = event.at + rollout.lease


_AFTER_HALF = {
    "unreachable": "lost", "site-unreachable": "lost", "refused": "failed", "not-fetched": "failed",
    "untouched": "unknown",
}  # fmt: skip
"""What a later attempt means that has not begun, on a board that an earlier one has begun."""


def _outcome(host: HostState, outcome: str, at: float, detail: str) -> None:
    host.outcome, host.done_at, host.detail = outcome, at, detail
    host.half, host.cut_off = False, 0
    host.uncertain = bool(outcome) and MEANING[outcome].surveyed
    if outcome == "unknown":
        host.unknown_since = host.unknown_since or at
    else:
        host.unknown_since = 0


def _surveyed(host: HostState, rollout: Rollout, event: events.Done) -> None:
    host.retry_at = event.at + _AGAIN
    if host.unread:
        _read(host, rollout, event)
        return
    if not host.uncertain or event.outcome not in _BY_SURVEY:
        return
    outcome = _BY_SURVEY[event.outcome]
    # A lost host stays one for the verdict; the survey says what there is to take back.
    _outcome(host, outcome, host.done_at or event.at, event.detail)
    host.retry_at = 0


_BY_SURVEY = {
    "untouched": "untouched",
    "taken-back": "untouched",
    "other": "untouched",
    "changed-before": "changed-before",
    "begun": "failed",
}


def _read(host: HostState, rollout: Rollout, event: events.Done) -> None:
    """Note what a board says of a rollout whose store was lost; one that says nothing stays so."""
    if event.outcome == "busy":
        host.busy_since, host.detail = host.busy_since or event.at, event.detail
        host.held_until = event.at + rollout.lease
    if event.outcome not in _AS_READ:
        return
    _outcome(host, _AS_READ[event.outcome], event.at, event.detail)
    host.unread = host.uncertain = False
    host.held_until = host.retry_at = host.busy_since = 0
    host.attempt = max(host.attempt, _attempt(event.data.get("attempt")))
    if event.outcome == "taken-back":
        host.undo, host.taken_back = "undone", True


_AS_READ = {
    "untouched": "",  # it is still to be changed
    "taken-back": "untouched",
    "other": "refused",
    "changed-before": "changed-before",
    "begun": "failed",
}

_MOST_ATTEMPTS = 999
"""What a board may say; the attempts that come after it still have four digits."""


def _attempt(said: object) -> int:
    return min(said, _MOST_ATTEMPTS) if isinstance(said, int) and said > 0 else 0


def _undone(host: HostState, rollout: Rollout, event: events.Done) -> None:
    del rollout
    host.held_until, host.detail = 0, event.detail
    if event.outcome in {"undone", "no-way-back"}:
        host.undo = event.outcome
        return
    host.undo_tries += 1
    host.retry_at = 0 if event.outcome == "cut-off" else event.at + _AGAIN


def _staged(host: HostState, rollout: Rollout, event: events.Done) -> None:
    del rollout
    host.staged = event.outcome


_OF_PURPOSE: dict[str, Callable[[HostState, Rollout, events.Done], None]] = {
    "apply": _applied,
    "survey": _surveyed,
    "undo": _undone,
    "stage": _staged,
}


def marked(state: State, rollout: Rollout, event: events.Marked) -> None:
    """Note that a host is waited for no longer."""
    host = state.hosts.get(event.host)
    if host is None:
        return
    purpose = host.purpose
    host.task, host.purpose = "", None
    if event.outcome == "not-staged":
        host.staged = event.outcome
    elif event.outcome == "not-back":
        host.undo = event.outcome
    elif purpose == "undo" and event.outcome != "unknown":
        host.undo_tries += 1
        host.held_until = event.at + rollout.lease
    elif purpose == "survey" and event.outcome == "no-answer":
        host.retry_at = event.at + _AGAIN
    else:
        in_flight = purpose in {"apply", "undo"}
        maybe = in_flight or host.uncertain or host.half
        # A board that is half changed is not left out as it was: a survey says how it stands.
        half, waits = host.half, not (host.outcome or in_flight)
        outcome = "unknown" if half and waits else event.outcome
        _outcome(host, outcome, event.at, event.why)
        host.uncertain, host.unread, host.half = maybe, False, half and maybe
        host.busy_since = 0
        if in_flight:
            host.held_until = event.at + rollout.lease
