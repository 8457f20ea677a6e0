"""When a window is open: pure functions of a time, also where clocks are put back or forward.

A time that the clock skips is the moment of the skip. Of a time that it shows twice, a window opens
at the first and closes at the second: a window is never shorter than its two times say.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from jetfleet.rollout.spec.window import zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jetfleet.rollout.rollout import Window

_DAY = 24 * 60
_HORIZON = 8
"""Days: each window opens at least once a week."""


def open_at(windows: Sequence[Window], at: float) -> bool:
    """Tell whether one of the windows is open at `at` (seconds since 1970); without any, always."""
    return not windows or any(
        begin <= at < end for window in windows for begin, end in _around(window, at, 1)
    )


def next_opening(windows: Sequence[Window], at: float) -> float | None:
    """Return when the first of the windows opens after `at`; None if it has no windows."""
    found = [
        begin for window in windows for begin, _ in _around(window, at, _HORIZON) if begin > at
    ]
    return min(found, default=None)


def open_seconds(windows: Sequence[Window], begin: float, end: float) -> float:
    """Return for how many seconds between two times one of the windows was open."""
    if not windows:
        return max(0.0, end - begin)
    days = int(max(0.0, end - begin) // 86400) + 2
    spans = sorted(
        (max(begin, opens), min(end, closes))
        for window in windows
        for opens, closes in _around(window, begin, days)
        if opens < end and closes > begin
    )
    total, until = 0.0, begin
    for opens, closes in spans:
        total += max(0.0, closes - max(opens, until))
        until = max(until, closes)
    return total


def _around(window: Window, at: float, days: int) -> Iterator[tuple[float, float]]:
    """Yield the spans of a window from the day before `at` on, for some days."""
    today = datetime.fromtimestamp(at, zone_of(window.zone)).date()
    for offset in range(-2, days + 1):
        day = today + timedelta(days=offset)
        if day.weekday() not in window.days:
            continue
        closes = window.closes if window.closes > window.opens else window.closes + _DAY
        begin = _instant(day, window.opens, window.zone, first=True)
        end = _instant(day, closes, window.zone, first=False)
        if begin < end:
            yield begin, end


def _instant(day: date, minutes: int, zone: str, *, first: bool) -> float:
    """Return the instant of a time of day, in seconds since 1970."""
    day += timedelta(days=minutes // _DAY)
    hour, minute = divmod(minutes % _DAY, 60)
    local = datetime(
        day.year, day.month, day.day, hour, minute, fold=0 if first else 1, tzinfo=zone_of(zone)
    )
    instant = local.timestamp()
    back = datetime.fromtimestamp(instant, zone_of(zone))
    if (back.hour, back.minute) == (hour, minute):
        return instant
    return _skip(local, zone)


def _skip(local: datetime, zone: str) -> float:
    """Return the instant at which a clock skipped a time: where its offset changes."""
    early, late = sorted(local.replace(fold=fold).timestamp() for fold in (0, 1))
    offset = datetime.fromtimestamp(early - 1, zone_of(zone)).utcoffset()
    while late - early > 1:
        middle = (early + late) // 2
        if (
            datetime.fromtimestamp(middle, timezone.utc).astimezone(zone_of(zone)).utcoffset()
            == offset
        ):
            early = middle
        else:
            late = middle
    return late
