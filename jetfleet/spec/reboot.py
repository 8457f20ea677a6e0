"""When a host may reboot without a permission of the run."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from jetfleet.spec.invalid import invalid

_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def _when(text: str) -> str:
    found = _WINDOW.fullmatch(text)
    if text in {"never", "if-needed"} or (found and found.group(1, 2) != found.group(3, 4)):
        return text
    raise invalid(
        "never, if-needed or a window such as 02:00-04:00",
        "write hours and minutes with two digits each, in the time of your computer",
    )


def remedy_of(when: str | None) -> str:
    """Return what to do where a reboot is not allowed now, in brackets of a sentence."""
    if when == "never":
        return "the spec says `reboot: never`: reboot it yourself"
    allow = "allow it with --data reboot=allow"
    return f"{allow}, or apply in its window, {when}" if when else allow


RebootWhen = Annotated[str, AfterValidator(_when)]


def may_reboot(when: str | None, minute: int, *, allowed: bool) -> bool:
    """Tell whether a host may reboot.

    Parameters
    ----------
    when:
        What the spec says; None if it says nothing.
    minute:
        Minutes since midnight, now.
    allowed:
        Whether the run allows it.

    """
    if when == "never":
        return False
    if allowed or when == "if-needed":
        return True
    found = _WINDOW.fullmatch(when or "")
    if not found:
        return False
    begin, end = (60 * int(found[n]) + int(found[n + 1]) for n in (1, 3))
    return begin <= minute < end if begin < end else minute >= begin or minute < end
