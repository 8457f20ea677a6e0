"""Whether two measurements can be compared: the same circumstances, and no other client."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.rollout.gates.probed import Conditions, Probe, Record


def unlike(before: Record, after: Record) -> str:
    """Return why the figures of two records are not of the same circumstances; empty if they are.

    A start of a service has no circumstances of its own: those of the probe after it stand for it.
    """
    one, other = before.probe, after.probe
    for what, was, now in _settings(one.begin, other.begin):
        if was != now:
            return f"{what} was {_said(was)} before and is {_said(now)} now"
    if one.requests and other.requests and one.streamed != other.streamed:
        return "its answers came in pieces only before or only after the change"
    return ""


def invalid(probe: Probe) -> str:
    """Return why a probe alone says nothing of how fast a board is; empty if it does."""
    for what, was, now in _settings(probe.begin, probe.end):
        if was != now:
            return f"{what} changed from {_said(was)} to {_said(now)} while it was measured"
    for place in (probe.begin, probe.end):
        if place.power_mode is None or place.clocks_locked is None or place.throttling is None:
            return "its power mode, clocks or throttling could not be read"
    met = _met(probe)
    return f"it met {', '.join(met)} while it was measured" if met else ""


def throttled(probe: Probe) -> tuple[str, ...]:
    """Return what held the clocks down during a probe."""
    alerts = {*(probe.begin.throttling or ()), *(probe.end.throttling or ())}
    return tuple(sorted(alerts | set(_met(probe))))


def _met(probe: Probe) -> list[str]:
    """Return the limits of current that were met between begin and end."""
    was = probe.begin.over_current or {}
    return sorted(
        name for name, count in (probe.end.over_current or {}).items() if count > was.get(name, 0)
    )


def _settings(one: Conditions, other: Conditions) -> Iterator[tuple[str, object, object]]:
    yield "the power mode", one.power_mode, other.power_mode
    yield "whether the clocks are locked", one.clocks_locked, other.clocks_locked
    yield "what throttles it", _sorted(one.throttling), _sorted(other.throttling)


def _sorted(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(sorted(names))


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "nothing"
    if value is None:
        return "not known"
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
