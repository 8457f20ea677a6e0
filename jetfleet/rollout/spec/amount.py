"""Durations, shares and rates as a rollout file has them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from jetfleet.spec.invalid import invalid

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BITS = {"k": 1000, "M": 1000**2, "G": 1000**3}

_PARTS = re.compile(r"(?:(\d{1,9})d)? ?(?:(\d{1,9})h)? ?(?:(\d{1,9})m)? ?(?:(\d{1,9})s)?")
_LONGEST = 366 * 86400


def seconds_of(value: object) -> int:
    """Return a duration in seconds; a number without a unit could mean minutes, and is refused."""
    parts = _PARTS.fullmatch(value) if isinstance(value, str) and value.strip() else None
    seconds = 0
    if parts:
        given = zip(parts.groups(), ("d", "h", "m", "s"), strict=True)
        seconds = sum(int(number) * _SECONDS[unit] for number, unit in given if number)
    if not 1 <= seconds <= _LONGEST:
        raise invalid(
            "a duration such as 90s, 15m, 6h or 14d, of at most a year",
            "write a whole number with its unit: s, m, h or d",
        )
    return seconds


def _share(value: object) -> str | int:
    """Return a share as it is written, as "10%" or as a number of hosts."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_HOSTS:
        return value
    if isinstance(value, str) and (found := re.fullmatch(r"(\d{1,3}) ?%", value)):
        percent = int(found[1])
        if percent <= _WHOLE:
            return f"{percent}%"
    raise invalid(
        "a percentage such as 10% or a number of hosts", "write 0% to 100%, or a whole number"
    )


def _percent(value: object) -> int:
    if isinstance(value, str) and (found := re.fullmatch(r"(\d{1,3}) ?%", value)):
        percent = int(found[1])
        if percent <= _WHOLE:
            return percent
    raise invalid("a percentage such as 80%", "write 0% to 100%, with the sign")


def _bandwidth(value: object) -> int:
    found = (
        re.fullmatch(r"([1-9]\d{0,5}) ?([kMG])bit(?:/s)?", value)
        if isinstance(value, str)
        else None
    )
    if found is None:
        raise invalid(
            "a rate in bits per second, such as 200Mbit",
            "write a whole number with kbit, Mbit or Gbit; 200Mbit are 25 MB per second",
        )
    return int(found[1]) * _BITS[found[2]]


def _per_site(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST_HOSTS:
        return str(value)
    if isinstance(value, str) and re.fullmatch(r"[1-9]\d{0,4}( per site)?", value):
        return value
    raise invalid("a number of hosts, or `1 per site`", "write a whole number from 1 on")


_WHOLE = 100
_MOST_HOSTS = 10000

Duration = Annotated[
    int,
    BeforeValidator(seconds_of),
    WithJsonSchema({"type": "string", "pattern": r"^(\d+d)? ?(\d+h)? ?(\d+m)? ?(\d+s)?$"}),
]
"""Seconds."""
Share = Annotated[
    str | int,
    BeforeValidator(_share),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": r"^\d{1,3} ?%$"}, {"type": "integer"}]}
    ),
]
"""A percentage as text, or a number of hosts."""
Percent = Annotated[
    int, BeforeValidator(_percent), WithJsonSchema({"type": "string", "pattern": r"^\d{1,3} ?%$"})
]
Bandwidth = Annotated[
    int,
    BeforeValidator(_bandwidth),
    WithJsonSchema({"type": "string", "pattern": r"^[1-9]\d* ?[kMG]bit(/s)?$"}),
]
"""Bits per second."""
PerSite = Annotated[
    str, BeforeValidator(_per_site), WithJsonSchema({"type": ["string", "integer"]})
]
"""Hosts of the whole fleet, such as "2", or of each site, "1 per site"."""


def hosts_in(share: str | int, of: int) -> int:
    """Return how many hosts of `of` a share means; a percentage above zero means at least one."""
    if isinstance(share, int):
        return min(share, of)
    percent = int(share.rstrip("%"))
    return min(of, max(1, of * percent // _WHOLE)) if percent else 0
