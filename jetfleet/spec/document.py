"""The top level of a spec file, before its sections are merged into hosts."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from jetfleet.spec.bench import Bench
from jetfleet.spec.frozen import FrozenDict, SpecModel
from jetfleet.spec.hub_addresses import HubAddresses
from jetfleet.spec.text import Count, Name, Rate

Body = dict[str, Any]


class Limits(SpecModel):
    """Limits for the whole fleet."""

    internet: Count | None = Field(
        default=None, description="how many hosts may pull or fetch from the internet at once"
    )
    rate: Rate | None = Field(
        default=None,
        description="maximum bytes per second that all hosts of a run take from the internet for "
        "models and images, such as 40M; each has its share",
    )
    reboots: Count = Field(default=4, description="how many hosts may reboot at once")


class Document(SpecModel):
    """The sections of a spec file."""

    version: Literal[1] = Field(description="1, the version of this format")
    defaults: Body = Field(default={}, description="values for every host")
    models: dict[Name, Body] = Field(default={}, description="models by name")
    boards: dict[Name, Body] = Field(
        default={}, description="profiles of hardware and release by name"
    )
    groups: dict[Name, Body] = Field(
        default={}, description="values for the hosts of a group, by name"
    )
    hubs: HubAddresses = Field(
        default_factory=FrozenDict,
        description="base URLs that replace those of model hubs, such as hf: https://hf-mirror.com",
    )
    limits: Limits = Field(default=Limits(), description="limits for the whole fleet")
    bench: Bench = Field(default=Bench(), description="how model servers are benchmarked")
    hosts: dict[Name, Body] = Field(min_length=1, description="the hosts by name")
