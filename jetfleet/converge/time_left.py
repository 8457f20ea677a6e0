"""How long the scripts of one host may take together in this run: ``--timeout``."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jetfleet.steps import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPENT: dict[str, float] = {}


def limit_of(host: str, title: str, seconds: int, whole: float | None) -> int:
    """Return the limit of a host's next script: its own, or the time that is left to the host.

    Waiting for other hosts does not count.

    Parameters
    ----------
    whole:
        Seconds that one host may take; None: only the limits of the scripts hold.

    Raises
    ------
    NoAnswer
        The host's time is over.

    """
    if whole is None:
        return seconds
    left = whole - _SPENT.get(host, 0.0)
    if left <= 0:
        raise NoAnswer(
            f"{host} has taken the {whole:.0f} s that one host may take, and “{title}” was "
            "not begun: run again with a longer --timeout"
        )
    return min(seconds, math.ceil(left))


def given(value: object) -> float | None:
    """Return the seconds of ``--data timeout=SECONDS``; None without a number above 0."""
    try:
        seconds = float(str(value))
    except ValueError:
        return None
    return seconds if 0 < seconds < math.inf else None


@contextmanager
def counted(host: str) -> Iterator[None]:
    """Count the time of the block as time of a host."""
    begun = time.monotonic()
    try:
        yield
    finally:
        _SPENT[host] = _SPENT.get(host, 0.0) + time.monotonic() - begun
