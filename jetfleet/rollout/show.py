"""A rollout as lines for people."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from jetfleet.rollout.describe import counts, missing, overall, standing
from jetfleet.rollout.spec.window import DAYS
from jetfleet.rollout.waits import waits
from jetfleet.text import format_count, format_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jetfleet.rollout.rollout import Rollout, Site, Wave, Window
    from jetfleet.rollout.state import State

NAMED = 20
"""Hosts that are named of those that do not have the change."""
_WEEK = 7
REBUILT = (
    "rebuilt from its boards: which waves had passed is not known, and their gates are read again"
)


def plan_lines(rollout: Rollout) -> Iterator[str]:
    """Yield what a rollout will do: its waves with their gates, and the limits of its sites."""
    for wave in rollout.waves:
        yield f"{wave.name}: {format_count(len(wave.hosts), 'host')}{kind(rollout, wave)}"
        yield f"  {few(wave.hosts)}"
        gates = ", ".join(gate.name for gate in wave.gates) or "none"
        soak = f" after {format_duration(wave.soak)}" if wave.soak else ""
        person = "; then a person judges it" if wave.person else ""
        yield f"  gates{soak}: {gates}{person}"
    for site in rollout.sites.values():
        yield f"{site.name}: {site.at_once} at once{open_windows(site)}"


def status_lines(state: State, rollout: Rollout, now: float) -> Iterator[str]:
    """Yield how a rollout stands: its waves, what it waits for, and hosts without the change."""
    why = state.ended_why or state.halted or state.aborted or state.paused
    yield f"rollout {rollout.id} of {rollout.spec_name}: {overall(state)}{why and f' ({why})'}"
    if state.rebuilt_at:
        yield f"  {REBUILT}"
    width = max(len(wave.name) for wave in state.waves)
    for number, wave in enumerate(state.waves):
        judged = state.verdicts.get(number)
        verdict = judged.verdict if judged else ("in work" if number == state.active else "")
        tally = ", ".join(f"{count} {word}" for word, count in counts(state, wave).items())
        yield f"  {wave.name:<{width}}  {verdict:<12}  {tally}"
    for wait in waits(state, rollout, now):
        until = f", until {time_text(wait.until)}" if wait.until else ""
        yield f"waits for {wait.what}{until}"
    left = missing(state)
    for name in left[:NAMED]:
        host = state.hosts[name]
        yield f"{name}: {standing(host)}{f': {host.detail}' if host.detail else ''}"
    if left[NAMED:]:
        yield f"and {len(left) - NAMED} more: --json names all"


def kind(rollout: Rollout, wave: Wave) -> str:
    """Return what hosts a wave has: canaries, or of how many classes."""
    classes = len({rollout.hosts[name].of_class for name in wave.hosts})
    if wave.canary and classes == len(wave.hosts):
        return ", a canary of each class"
    return ", canaries" if wave.canary else f" of {classes} class{'es' if classes > 1 else ''}"


def few(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if names[NAMED:] else ""
    return ", ".join(names[:NAMED]) + more


def open_windows(site: Site) -> str:
    """Return when hosts of a site may be begun; empty if that is always."""
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


def time_text(at: float) -> str:
    """Return a time, which is in seconds since 1970, for people."""
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
