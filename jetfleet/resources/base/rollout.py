"""The rollout that a run belongs to: ``--data rollout=ID --data attempt=N`` of pyinfra.

One that takes a board back has ``--data taken-back=ID`` in their place.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from jetfleet.steps import Refused

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ATTEMPT = re.compile(r"[1-9]\d{0,3}")


class Rollout(NamedTuple):
    """A rollout and how often it has gone to a host, from 1; an empty id and 0 without one.

    Of a run that takes a board `back` from it, the attempt is 0.
    """

    id: str = ""
    attempt: int = 0
    back: bool = False


NO_ROLLOUT = Rollout()


def rollout_of(name: object, attempt: object, back: object = None) -> Rollout:
    """Return the rollout that the options of a run name.

    Raises
    ------
    Refused
        One of them is not in its form.

    """
    if back is not None:
        if name is not None or attempt is not None or not _ID.fullmatch(str(back)):
            raise Refused(
                "`--data taken-back` is not the id of a rollout, or is beside `--data rollout`: "
                "write up to 64 letters, digits, dots and dashes, and one of the two"
            )
        return Rollout(str(back), back=True)
    if name is None and attempt is None:
        return NO_ROLLOUT
    if name is None or not _ID.fullmatch(str(name)):
        raise Refused(
            "`--data rollout` is not the id of a rollout: write up to 64 letters, digits, dots and "
            "dashes"
        )
    number = "1" if attempt is None else str(attempt)
    if not _ATTEMPT.fullmatch(number):
        raise Refused("`--data attempt` is not a number of an attempt: write 1 to 9999")
    return Rollout(str(name), int(number))
