"""A rollout as lines for people."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from jetfleet.rollout.describe import counts, overall, standing
from jetfleet.rollout.outcomes import GOOD
from jetfleet.rollout.spec.window import DAYS
from jetfleet.rollout.waits import waits
from jetfleet.text import format_count, format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.rollout.rollout import Rollout, Site, Wave, Window
    from jetfleet.rollout.state import State

_NAMED = 20
"""Hosts that are named of those that do not have the change."""
_WEEK = 7


def plan_lines(rollout: Rollout) -> Iterator[str]:
    """Yield what a rollout will do: its waves with their gates, and the limits of its sites."""
    for wave in rollout.waves:
        yield f"{wave.name}: {format_count(len(wave.hosts), 'host')}{_kind(rollout, wave)}"
        yield f"  {_few(list(wave.hosts))}"
        gates = ", ".join(gate.name for gate in wave.gates) or "none"
        soak = f" after {format_duration(wave.soak)}" if wave.soak else ""
        person = "; then a person judges it" if wave.person else ""
        yield f"  gates{soak}: {gates}{person}"
    for site in rollout.sites.values():
        yield f"{site.name}: {site.at_once} at once{_open(site)}"


def status_lines(state: State, rollout: Rollout, now: float) -> Iterator[str]:
    """Yield how a rollout stands: its waves, what it waits for, and hosts without the change."""
    why = state.ended_why or state.halted or state.aborted or state.paused
    yield f"rollout {rollout.id} of {rollout.fleet}: {overall(state)}{f' ({why})' if why else ''}"
    width = max(len(wave.name) for wave in state.waves)
    for number, wave in enumerate(state.waves):
        judged = state.verdicts.get(number)
        verdict = judged.verdict if judged else ("in work" if number == state.active else "")
        tally = ", ".join(f"{count} {word}" for word, count in counts(state, wave).items())
        yield f"  {wave.name:<{width}}  {verdict:<12}  {tally}"
    for wait in waits(state, rollout, now):
        until = f", until {_time(wait.until)}" if wait.until else ""
        yield f"waits for {wait.what}{until}"
    missing = [
        name for name, host in state.hosts.items() if host.outcome and host.outcome not in GOOD
    ]
    for name in missing[:_NAMED]:
        host = state.hosts[name]
        yield f"{name}: {standing(host)}{f': {host.detail}' if host.detail else ''}"
    if missing[_NAMED:]:
        yield f"and {len(missing) - _NAMED} more: --json names all"


def _kind(rollout: Rollout, wave: Wave) -> str:
    classes = len({rollout.hosts[name].of_class for name in wave.hosts})
    if wave.canary and classes == len(wave.hosts):
        return ", a canary of each class"
    return ", canaries" if wave.canary else f" of {classes} class{'es' if classes > 1 else ''}"


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if names[_NAMED:] else ""
    return ", ".join(names[:_NAMED]) + more


def _open(site: Site) -> str:
    windows = " and ".join(_window(one) for one in site.windows)
    return f", open {windows}" if windows else ""


def _window(window: Window) -> str:
    days = [DAYS[day] for day in window.days]
    together = window.days == tuple(range(window.days[0], window.days[-1] + 1))
    named = f"{days[0]}-{days[-1]}" if together and len(days) > 1 else ",".join(days)
    when = "" if len(days) == _WEEK else f"{named} "
    return f"{when}{_clock(window.opens)} to {_clock(window.closes)} {window.zone}"


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
