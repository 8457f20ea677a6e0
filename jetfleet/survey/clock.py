"""The clock of a board against this computer's: it must be right where certificates are checked.

Many boards have no battery for their clock, and start in 1970 or at the date of their image.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from jetfleet.text import format_duration

NOTED = 60
"""Seconds by which a clock may be wrong before a plan notes it."""

REFUSED = 300
"""Seconds from which on nothing is fetched: TLS refuses certificates that are not valid yet."""

RELEASED = 1767225600
"""2026-01-01: a clock that is right is not before this release of jetfleet."""

_LINE = re.compile(r"^clock (-?\d{1,12}) (\d{1,12})$", re.MULTILINE)


@dataclass(frozen=True)
class Clock:
    """A board's clock, in seconds since 1970, and how far it is from this computer's.

    Parameters
    ----------
    said:
        What the board's clock showed; 0 if it is not known.
    ahead:
        Seconds by which it is ahead of this computer's clock, negative if it is behind. 0 if the
        board was asked at a moment when this computer's clock showed the same.

    """

    said: int = 0
    ahead: int = 0

    @property
    def wrong(self) -> str:
        """The sentence about a clock that is wrong; empty if it is right or not known."""
        if not self.said:
            return ""
        old = self.said < RELEASED
        if abs(self.ahead) <= NOTED and not old:
            return ""
        side = "ahead of" if self.ahead > 0 else "behind"
        apart = f", {format_duration(abs(self.ahead))} {side} this computer" if self.ahead else ""
        return (
            f"the board thinks it is {_date(self.said)}{apart}: set the clock that is wrong, on "
            "the board with `timedatectl set-ntp true` or `date -s`, or write "
            "`clock: {set: true}` in the spec"
        )

    def refusal(self, what: str) -> str:
        """Return why `what`, which uses TLS, would fail by this clock; empty if it would not."""
        if self.said and (abs(self.ahead) > REFUSED or self.said < RELEASED):
            return f"{what}: {self.wrong}; TLS needs a right clock"
        return ""


def clock_script() -> str:
    """Return the shell line that reads a board's clock; it holds when it was asked."""
    return f'echo "clock $(date +%s) {int(time.time())}"\n'


def read_clock(text: str, now: float | None = None) -> Clock:
    """Return the clock that a survey printed.

    Parameters
    ----------
    now:
        Seconds since 1970 when the answer was there; empty: now. How long the question took is no
        error of the clock.

    """
    found = _LINE.search(text)
    if not found:
        return Clock()
    said, asked = int(found[1]), int(found[2])
    answered = int(time.time() if now is None else now) + 1
    return Clock(said or 1, said - min(max(said, asked), max(answered, asked)))


def _date(seconds: int) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
    except (ValueError, OverflowError, OSError):
        return f"{seconds} s after 1970"
