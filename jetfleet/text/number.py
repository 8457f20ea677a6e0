"""Whole numbers in what a board prints."""

from __future__ import annotations

from jetfleet.errors import FleetError
from jetfleet.text.printable import printable

_DIGITS = 19
"""Most digits of a number; each count of a kernel fits into 64 bits."""

_SHOWN = 40


class NotANumber(FleetError):
    """The board printed something else where it prints a number."""


def read_count(text: str) -> int:
    """Return a whole number that is not negative; raise `NotANumber` for other text."""
    digits = text.strip()
    if digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS:
        return int(digits)
    raise NotANumber(f"the board printed {printable(digits[:_SHOWN])!r} in place of a number")
