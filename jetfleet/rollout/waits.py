"""What a rollout waits for, by name: one that has not ended goes on, or waits for something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from jetfleet.rollout.decide import soaks_until
from jetfleet.rollout.windows import next_opening, open_at
from jetfleet.text import format_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.rollout.rollout import Rollout
    from jetfleet.rollout.state import State

Kind = Literal["hosts", "person", "window", "soak", "gates", "lease"]


@dataclass(frozen=True)
class Wait:
    """One thing that is waited for; `until` in seconds since 1970, where it is known."""

    kind: Kind
    what: str
    until: float | None = None


def waits(state: State, rollout: Rollout, now: float) -> tuple[Wait, ...]:
    """Return what the rollout waits for; empty only if it has ended or goes on at once."""
    return () if state.ended else tuple(_waits(state, rollout, now))


def _waits(state: State, rollout: Rollout, now: float) -> Iterator[Wait]:
    flying = [name for name, host in state.hosts.items() if host.task]
    if flying:
        yield Wait("hosts", f"{format_count(len(flying), 'host')} in work")
    if state.paused:
        yield Wait("person", f"paused: {state.paused}; resume it")
    unread = [host for host in state.hosts.values() if host.unread and not host.task]
    if unread:
        until = min(host.retry_at for host in unread)
        yield Wait("lease", f"{format_count(len(unread), 'board')} to be read", until or None)
    known = [host for host in state.hosts.values() if not host.unread]
    held = [host for host in known if now < max(host.held_until, host.retry_at)]
    if held:
        until = min(max(host.held_until, host.retry_at) for host in held)
        yield Wait("lease", f"the leases of {format_count(len(held), 'host')}", until)
    number = state.active
    if number is None or state.halted or state.aborted:
        return
    wave, judged = state.waves[number], state.verdicts.get(number)
    if judged is not None and judged.verdict in {"inconclusive", "ready"}:
        yield Wait("person", f"wave {wave.name} is {judged.verdict}: {judged.why}; judge it")
        return
    probe = state.probes.get(number)
    if probe is not None and len(probe.read) < len(wave.gates):
        yield Wait("gates", f"the gates of wave {wave.name}")
    if all(state.hosts[name].outcome for name in wave.hosts):
        soaks = soaks_until(state, number)
        if soaks > now:
            yield Wait("soak", f"wave {wave.name} runs for a while", soaks)
        return
    yield from _windows(state, rollout, number, now)


def _windows(state: State, rollout: Rollout, number: int, now: float) -> Iterator[Wait]:
    waiting = [name for name in state.waves[number].hosts if not state.hosts[name].outcome]
    for site in sorted({rollout.hosts[name].site for name in waiting}):
        windows = rollout.sites[site].windows
        if not open_at(windows, now):
            opens = next_opening(windows, now)
            yield Wait("window", f"the window of the site {site}", opens)
