"""Compare dotted version numbers."""

from __future__ import annotations

import re
from functools import cache


@cache
def parts(version: str) -> tuple[int, ...]:
    """Return the numbers of `version` for comparison: "36.4.3" gives (36, 4, 3)."""
    return tuple(int(number[:20]) for number in re.findall(r"\d+", version))


def within(version: str, low: str | None, high: str | None) -> bool:
    """Return whether `version` is between `low` and `high`, both included; None: unbounded."""
    asked = parts(version)
    return (low is None or parts(low) <= asked) and (high is None or asked <= parts(high))
