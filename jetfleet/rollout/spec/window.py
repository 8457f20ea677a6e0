"""Windows of time in which a rollout may begin to change hosts."""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from jetfleet.spec.frozen import SpecModel
from jetfleet.spec.invalid import invalid
from jetfleet.spec.suggest import did_you_mean

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


@cache
def zone_of(name: str) -> ZoneInfo:
    """Return a zone that validation has accepted."""
    return ZoneInfo(name)


def _zone(name: str) -> str:
    known = available_timezones()
    if name not in known:
        remedy = did_you_mean(name, sorted(known))
        if not known:
            remedy = "install the package `tzdata` on this computer: it knows no zones"
        raise invalid("a time zone by its IANA name, such as Europe/Berlin", remedy)
    return name


def _time(value: object) -> str:
    if isinstance(value, str) and _TIME.fullmatch(value):
        return value
    raise invalid('hours and minutes such as "22:00"', "write two digits each, in quotes")


def _days(value: object) -> str:
    if isinstance(value, str) and days_in(value) is not None:
        return value
    raise invalid(
        "days such as mon-fri or sat,sun", f"write them as {', '.join(DAYS)}, with - or commas"
    )


def days_in(text: str) -> frozenset[int] | None:
    """Return the days of a text such as "mon-fri,sun", Monday as 0; None if it names none."""
    found: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            return None
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found |= {day % len(DAYS) for day in range(begin, end + (len(DAYS) * (end < begin)) + 1)}
    return frozenset(found)


_MINUTES = WithJsonSchema({"type": "string", "pattern": r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"})


class Window(SpecModel):
    """A time of day in a zone; hosts are begun in it, and finished also after it."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    zone: Annotated[str, AfterValidator(_zone)] = Field(
        description="the time zone by its IANA name, such as Europe/Berlin"
    )
    days: Annotated[str, BeforeValidator(_days), WithJsonSchema({"type": "string"})] = Field(
        default="mon-sun", description="the days on which it opens, such as mon-fri or sat,sun"
    )
    opens: Annotated[str, BeforeValidator(_time), _MINUTES] = Field(
        alias="from", description='when it opens, such as "22:00"'
    )
    closes: Annotated[str, BeforeValidator(_time), _MINUTES] = Field(
        alias="to", description='when it closes, such as "05:00"; the next day if it is earlier'
    )

    @model_validator(mode="after")
    def _has_a_length(self) -> Window:
        if self.opens in {self.closes, "24:00"}:
            raise invalid(
                "a window with a length", 'for a whole day write from: "00:00" and to: "24:00"'
            )
        return self
