"""Sizes, durations and counts as text."""

from __future__ import annotations

_KIB, _MIB, _GIB = 2**10, 2**20, 2**30


def format_bytes(size: int) -> str:
    """Return a size in bytes as text in binary units: "7.4 GiB", "512 MiB", "4 KiB".

    The same units as `free -h`, `df -h` and the logs of vLLM and Ollama, see
    docs/adr/0010-binary-units.md.
    """
    if 0 < size < _MIB:
        return f"{-(-size // _KIB)} KiB"
    return f"{size / _GIB:.1f} GiB" if size >= _GIB else f"{size / _MIB:.0f} MiB"


def format_duration(seconds: float) -> str:
    """Return a duration by its two largest units: "3 s", "2 min 5 s", "1 h 2 min", "4 d 1 h"."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if days:
        return f"{days} d {hour} h"
    if hours:
        return f"{hours} h {minute} min"
    return f"{minutes} min {second} s" if minutes else f"{second} s"


def format_count(number: int, noun: str) -> str:
    """Return a number with its noun, the plural by an "s": "1 host", "2 hosts"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
