"""How long the scripts of one host may take together in this run: ``--timeout``."""

from __future__ import annotations

import math
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jetfleet.environment import TIMEOUT
from jetfleet.steps import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator

_SPENT: dict[str, float] = {}


def limit_of(host: str, title: str, seconds: int) -> int:
    """Return the limit of a host's next script: its own, or the time that is left to the host.

    The environment variable `TIMEOUT` has the seconds that one host may take; without it, only the
    limits of the scripts hold. Waiting for other hosts does not count.

    Raises
    ------
    NoAnswer
        The host's time is over.

    """
    whole = os.environ.get(TIMEOUT)
    if not whole:
        return seconds
    left = float(whole) - _SPENT.get(host, 0.0)
    if left <= 0:
        raise NoAnswer(
            f"{host} has taken the {float(whole):.0f} s that one host may take, and “{title}” was "
            "not begun: run again with a longer --timeout"
        )
    return min(seconds, math.ceil(left))


@contextmanager
def counted(host: str) -> Iterator[None]:
    """Count the time of the block as time of a host."""
    begun = time.monotonic()
    try:
        yield
    finally:
        _SPENT[host] = _SPENT.get(host, 0.0) + time.monotonic() - begun
