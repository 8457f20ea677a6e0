"""What a host may fetch in one run: ``--data rate=N`` of pyinfra, in bytes a second."""

from __future__ import annotations

import re

from jetfleet.steps import Refused

_RATE = re.compile(r"[1-9]\d{0,11}")


def rate_of(given: object) -> int:
    """Return the bytes a second that the option of a run allows; 0 without it.

    Raises
    ------
    Refused
        It is not in its form.

    """
    if given is None:
        return 0
    if not _RATE.fullmatch(str(given)):
        raise Refused("`--data rate` is not a number of bytes a second: write it without a unit")
    return int(str(given))
