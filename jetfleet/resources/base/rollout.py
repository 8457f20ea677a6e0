"""The rollout that a run belongs to: ``--data rollout=ID --data attempt=N`` of pyinfra.

One that takes a board back has ``--data taken-back=ID --data taken-commit=COMMIT`` in their place.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from jetfleet.steps import Refused

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_COMMIT = re.compile(r"[0-9a-f]{0,64}")
_ATTEMPT = re.compile(r"[1-9]\d{0,3}")


class Rollout(NamedTuple):
    """A rollout and how often it has gone to a host, from 1; an empty id and 0 without one.

    Of a run that takes a board `back` from it, the attempt is 0, and `commit` is what it brought.
    """

    id: str = ""
    attempt: int = 0
    back: bool = False
    commit: str = ""


NO_ROLLOUT = Rollout()
OPTIONS = ("rollout", "attempt", "taken-back", "taken-commit")
"""The options of a run that `rollout_of` reads, in the order of its parameters."""


def rollout_of(
    name: object, attempt: object, back: object = None, commit: object = None
) -> Rollout:
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
        if not _COMMIT.fullmatch(str(commit or "")):
            raise Refused("`--data taken-commit` is not a commit: write its hexadecimal digits")
        return Rollout(str(back), back=True, commit=str(commit or ""))
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
