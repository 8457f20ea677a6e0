"""The gates that a wave has to pass before the next one begins."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from jetfleet.catalog.memory_level import LEVELS
from jetfleet.spec.frozen import SpecModel
from jetfleet.spec.invalid import invalid
from jetfleet.spec.text import Count, Name

_NEEDS = tuple(level.name for level in LEVELS[:-1])


def _level(value: object) -> str:
    if isinstance(value, str) and value in _NEEDS:
        return value
    raise invalid(f"one of {', '.join(_NEEDS)}", "write the highest level that may be seen")


def _span(value: object) -> str:
    """Return least and most as text, "5..30"."""
    found = (
        re.fullmatch(r"([1-9]\d{0,3})\.\.([1-9]\d{0,3})", value) if isinstance(value, str) else None
    )
    if found is None or int(found[1]) > int(found[2]):
        raise invalid("least and most requests, such as 5..30", "write the smaller number first")
    return str(value)


Ratio = Annotated[float, Field(gt=0, lt=100)]
Level = Annotated[
    str, BeforeValidator(_level), WithJsonSchema({"type": "string", "enum": list(_NEEDS)})
]
Span = Annotated[
    str, BeforeValidator(_span), WithJsonSchema({"type": "string", "pattern": r"^\d+\.\.\d+$"})
]


class Plain(SpecModel):
    """A gate without settings."""


class Measured(SpecModel):
    """What all gates have that measure a service before and after the change."""

    service: Name = Field(description="the service that is measured, by its name in the spec")
    requests: Span = Field(default="5..30", description="least and most requests to a board")
    tokens: Count = Field(default=64, description="tokens of an answer")
    control: int = Field(
        default=2,
        strict=True,
        ge=0,
        le=20,
        description="unchanged boards of the class that are measured in the same minutes",
    )


class AtLeast(Measured):
    """A figure that must not fall: after divided by before."""

    fail_below: Ratio = Field(default=0.90, description="it fails if the ratio is surely below")
    pass_from: Ratio = Field(default=0.95, description="it passes if the ratio is surely above")
    min: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="the least figure where there is nothing to compare with"
    )

    @model_validator(mode="after")
    def _in_order(self) -> AtLeast:
        if self.fail_below > self.pass_from:
            raise invalid("fail_below at most pass_from", "exchange the two")
        return self


class AtMost(Measured):
    """A figure that must not rise: after divided by before."""

    fail_above: Ratio = Field(default=1.30, description="it fails if the ratio is surely above")
    pass_to: Ratio = Field(default=1.15, description="it passes if the ratio is surely below")
    max: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="the highest figure where there is nothing to compare with"
    )

    @model_validator(mode="after")
    def _in_order(self) -> AtMost:
        if self.fail_above < self.pass_to:
            raise invalid("fail_above at least pass_to", "exchange the two")
        return self


class GateEntry(SpecModel):
    """One gate, by its name; each entry of a list of gates has exactly one."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    verified: Plain | None = Field(
        default=None, description="each service answers, with the right model, and no rubbish"
    )
    in_sync: Plain | None = Field(
        default=None, alias="in-sync", description="a second survey finds nothing to change"
    )
    no_restarts: Plain | None = Field(
        default=None, alias="no-restarts", description="no service has restarted since it was ready"
    )
    no_oom: Plain | None = Field(
        default=None, alias="no-oom", description="the kernel has ended no process for its memory"
    )
    ready: Plain | None = Field(
        default=None, description="ready within twice its last start, as long as it makes progress"
    )
    disk: Plain | None = Field(
        default=None,
        description="1 GiB is free on the disk of the system, and on that of `storage`",
    )
    throttling: Literal["none"] | None = Field(
        default=None, description="`none`: no throttling that was not there before"
    )
    memory: Level | None = Field(default=None, description="the highest level of memory use")
    tokens_per_second: AtLeast | None = Field(default=None, description="tokens of answers")
    ttft_ms: AtMost | None = Field(default=None, description="time to the first token")
    load_seconds: AtMost | None = Field(default=None, description="time until a model is loaded")

    @model_validator(mode="after")
    def _one_each(self) -> GateEntry:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            found = "none" if not given else " and ".join(given)
            raise invalid("one gate", "begin a new item of the list for each gate", found)
        return self

    @property
    def name(self) -> str:
        """Its name in the file."""
        fields = type(self).model_fields
        name = next(name for name in fields if getattr(self, name) is not None)
        return fields[name].alias or name

    @property
    def settings(self) -> dict[str, Any]:
        """What the file says of it, as plain values; a single word has the key `is`."""
        value = getattr(self, self.name.replace("-", "_"))
        return {"is": value} if isinstance(value, str) else dict(value.model_dump())

    @property
    def measured(self) -> bool:
        """Whether it compares measurements, which may be inconclusive."""
        return isinstance(getattr(self, self.name.replace("-", "_")), Measured)


def plain_entry(name: str, value: object = None) -> GateEntry:
    """Return a gate of that name."""
    return GateEntry.model_validate({name: {} if value is None else value})


QUICK = tuple(plain_entry(name) for name in ("verified", "in-sync", "no-restarts"))
FULL = (
    *QUICK,
    plain_entry("no-oom"),
    plain_entry("ready"),
    plain_entry("disk"),
    plain_entry("throttling", "none"),
    plain_entry("memory", "caution"),
)
DEFAULT_GATES = {"quick": QUICK, "full": FULL}
"""The gates of a file that names none: there is no rollout without gates by default."""
