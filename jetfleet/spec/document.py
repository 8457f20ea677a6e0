"""The outermost shape of a spec file, before anything is merged."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from jetfleet.spec.frozen import SpecModel
from jetfleet.spec.text import Count, Name

Body = dict[str, Any]


class Limits(SpecModel):
    """What the fleet may do at once."""

    internet: Count | None = Field(
        default=None, description="how many hosts may pull or fetch from the internet at once"
    )


class Document(SpecModel):
    """The sections of a spec file."""

    version: Literal[1] = Field(description="1, the version of this format")
    defaults: Body = Field(default={}, description="what every host has")
    models: dict[Name, Body] = Field(default={}, description="models by name")
    boards: dict[Name, Body] = Field(
        default={}, description="profiles of hardware and release by name"
    )
    groups: dict[Name, Body] = Field(default={}, description="what groups of hosts have, by name")
    limits: Limits = Field(default=Limits(), description="what the fleet may do at once")
    hosts: dict[Name, Body] = Field(min_length=1, description="the hosts by name")
