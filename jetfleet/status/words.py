"""Figures as a person says them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jetfleet.status.model import ClockReading

_GIGA = 1e9


def clocks_in_words(clocks: ClockReading | None) -> str:
    """Return whether clocks are pinned, and the highest now."""
    if clocks is None or clocks.locked is None:
        return "-"
    now = [
        f"{name} {hertz / _GIGA:.2f} GHz"
        for name, hertz in (("CPU", clocks.cpu), ("GPU", clocks.gpu))
        if hertz
    ]
    return ", ".join(["locked" if clocks.locked else "free", *now])


def time_in_words(seconds: float) -> str:
    """Return how long something has been so, by its two largest units."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days} d {hour} h"
    if hours:
        return f"{hours} h {minute} min"
    return f"{minutes} min" if minutes else f"{second} s"
