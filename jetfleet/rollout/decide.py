"""The rollout's logic, pure: what is to be done next, from the state, the rollout and the time.

The same three give the same actions. A controller that dies after some of them decides again, from
what it had recorded. Nothing here reads a clock, a file or a network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.rollout.actions import End, Halt, Judge, StartCatchUp
from jetfleet.rollout.outcomes import GOOD, MEANING
from jetfleet.rollout.sending import Sender
from jetfleet.rollout.timers import overdue
from jetfleet.rollout.verdict import failed_now, to_probe, verdict
from jetfleet.rollout.way_back import way_back, wind_down
from jetfleet.text import format_count

if TYPE_CHECKING:
    from jetfleet.rollout.actions import Action
    from jetfleet.rollout.rollout import Rollout
    from jetfleet.rollout.state import State


def decide(state: State, rollout: Rollout, now: float) -> list[Action]:
    """Return what is to be done at `now` (seconds since 1970), in this order; empty: wait."""
    if state.ended:
        return _due_catch_up(state, rollout, now)
    late = list(overdue(state, rollout, now))
    if late:
        return late
    if state.aborted:
        return wind_down(state, rollout, now)
    if state.halted:
        return way_back(state, rollout, now)
    return _of_wave(state, rollout, now)


def _of_wave(state: State, rollout: Rollout, now: float) -> list[Action]:
    number = state.active
    if number is None:
        return _finished(state)
    judged = state.verdicts.get(number)
    if judged is None:
        rebuilt = _rebuilt(state, rollout, number, now)
        return _go_on(state, rollout, number, now) if rebuilt is None else rebuilt
    if judged.verdict == "fail":
        return [Halt(judged.why, undo_scope(state, rollout, number))]
    return []  # a person judges it


def _rebuilt(state: State, rollout: Rollout, number: int, now: float) -> list[Action] | None:
    """Return what comes before the waves after the store was lost; None if nothing does.

    Each board is read. One that does not answer holds the others up no longer than a task of before
    could still be at work on it. What was taken back then was halted, and stays so.
    """
    unread = state.unread
    sender = Sender(state, rollout, now)
    sender.survey(unread)
    if sender.sends:
        return [*sender.sends]
    if unread and now < state.since(state.rebuilt_at) + rollout.lease:
        return []
    taken = {name for name, host in state.hosts.items() if host.taken_back}
    if not taken:
        return None
    last = max(n for n, wave in enumerate(state.waves) if taken.intersection(wave.hosts))
    named = min(taken) + (f" and {len(taken) - 1} more" if len(taken) > 1 else "")
    scope = undo_scope(state, rollout, last) or tuple(sorted(taken))
    why = f"it was taken back from {named} before its store was lost"
    # Only a wave that has failed can be tried again.
    return [Judge(number, "fail", why), Halt(why, scope)]


def undo_scope(state: State, rollout: Rollout, number: int) -> tuple[str, ...]:
    """Return the hosts that the way back of a failed wave considers."""
    if rollout.rollback == "none":
        return ()
    waves = state.waves[: number + 1] if rollout.rollback == "all" else [state.waves[number]]
    return tuple(dict.fromkeys(name for wave in waves for name in wave.hosts))


def late_hosts(state: State) -> tuple[str, ...]:
    """Return the hosts that a catch-up tries again."""
    return tuple(
        name
        for name, host in state.hosts.items()
        if host.outcome and MEANING[host.outcome].quarantined and not host.task
    )


def _go_on(state: State, rollout: Rollout, number: int, now: float) -> list[Action]:
    """Return what the wave in work needs: a verdict, hosts to send, or its gates read."""
    failed = failed_now(state, rollout, number)
    if failed:
        return [failed]
    wave = state.waves[number]
    sender = Sender(state, rollout, now)
    open_hosts = [name for name in wave.hosts if _open(state, name)]
    if open_hosts:
        unknown = (name for name in open_hosts if state.hosts[name].outcome == "unknown")
        sender.survey(unknown)
        if not state.paused:
            sender.apply(number)
            sender.stage(number + 1)
        return [*sender.sends]
    if soaks_until(state, number) > now:
        if not state.paused:
            sender.stage(number + 1)
        return [*sender.sends]
    if to_probe(state, wave) and wave.gates and not _probed(state, rollout, number, now):
        if number not in state.probes and not state.paused:
            sender.probe(number)
        return [*sender.sends]
    return [verdict(state, rollout, number)]


def _open(state: State, name: str) -> bool:
    host = state.hosts[name]
    return not host.outcome or host.outcome == "unknown" or host.purpose in {"apply", "survey"}


def soaks_until(state: State, number: int) -> float:
    """Return when the hosts of a wave have run long enough; 0 if none of them has changed."""
    wave = state.waves[number]
    last = max((state.hosts[name].done_at for name in to_probe(state, wave)), default=0.0)
    return last + wave.soak if last else 0.0


def _probed(state: State, rollout: Rollout, number: int, now: float) -> bool:
    """Tell whether the gates of a wave have been read, or are waited for no longer."""
    probe = state.probes.get(number)
    if probe is None:
        return False
    if all(gate.name in probe.read for gate in state.waves[number].gates):
        return True
    return now - state.since(probe.sent_at) > rollout.deadline.host


def _finished(state: State) -> list[Action]:
    """Return the end of a rollout whose waves have all passed."""
    if any(host.purpose in {"apply", "undo"} for host in state.hosts.values()):
        return []
    missing = sum(host.outcome not in GOOD for host in state.hosts.values())
    if missing:
        return [End("incomplete", f"{format_count(missing, 'host')} do not have the change")]
    return [End("done", f"all {format_count(len(state.hosts), 'host')}")]


def _due_catch_up(state: State, rollout: Rollout, now: float) -> list[Action]:
    hosts = late_hosts(state)
    if state.ended != "incomplete" or not hosts:
        return []
    if now - state.began_at > rollout.catch_up_within:
        return []
    due = now - state.ended_at >= rollout.catch_up_every
    return [StartCatchUp(hosts)] if due else []
