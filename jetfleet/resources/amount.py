"""Amounts as a person says them."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Return seconds as a person says them."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
