"""Figures as a person says them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jetfleet.status.reading import ClockReading

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
