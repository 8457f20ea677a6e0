"""The phases of a script over SSH, each with its limit of time."""

from __future__ import annotations

import time

from jetfleet.transport.frame import BEGIN, STARTED
from jetfleet.transport.script import LOCK_SECONDS

START_SECONDS = 30
"""How long a board may take to say that a script has arrived."""

GRACE_SECONDS = 10
"""How long after its limit a board may take to say that it has ended the script."""

_SLOWEST = 8192
"""Bytes a second of the slowest link that is waited for."""


class Phases:
    """The limits of an exchange: until a script has arrived, until it starts, until it has ended.

    Each begins where the one before has ended; a board that hangs at the beginning is not waited
    for as long as the script may take.
    """

    def __init__(self, sent: int, seconds: float) -> None:
        self._limits = [
            START_SECONDS + sent / _SLOWEST,
            LOCK_SECONDS + GRACE_SECONDS,
            seconds + GRACE_SECONDS,
        ]
        self.longest = sum(self._limits) + 1
        self._marks = [BEGIN, STARTED]
        self._end = time.monotonic() + self._limits.pop(0)
        self._read = 0

    def is_over(self, out: bytearray) -> bool:
        """Tell whether the limit of the present phase is over; `out` is what was printed so far."""
        while self._marks:
            at = out.find(self._marks[0], self._read)
            if at < 0:
                self._read = max(0, len(out) - len(self._marks[0]))
                break
            self._read = at
            self._marks.pop(0)
            self._end = time.monotonic() + self._limits.pop(0)
        return time.monotonic() > self._end
