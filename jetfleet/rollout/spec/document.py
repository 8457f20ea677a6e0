"""The sections of `rollout.yaml`."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from jetfleet.rollout.spec.amount import Bandwidth, Duration, Percent, PerSite, Share
from jetfleet.rollout.spec.gate import DEFAULT_GATES, GateEntry
from jetfleet.rollout.spec.members import (
    MEMBERS_SCHEMA,
    GroupSelector,
    Members,
    Selector,
    one_or_more,
)
from jetfleet.rollout.spec.window import Window
from jetfleet.spec.frozen import FrozenDict, SpecModel, freeze
from jetfleet.spec.invalid import invalid
from jetfleet.spec.text import Count, Flag, LocalPath, Name


def _some(gates: tuple[GateEntry, ...]) -> tuple[GateEntry, ...]:
    if not gates:
        raise invalid("at least one gate", "write [verified] for the least that says anything")
    return gates


def _some_waves(waves: tuple[WaveSpec, ...]) -> tuple[WaveSpec, ...]:
    if not waves:
        raise invalid("at least one wave", "leave the key out for canary, early and rest")
    return waves


Selectors = Annotated[
    tuple[Selector, ...],
    BeforeValidator(one_or_more),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Windows = Annotated[
    tuple[Window, ...],
    WithJsonSchema(
        {
            "anyOf": [
                {"$ref": "#/$defs/Window"},
                {"type": "array", "items": {"$ref": "#/$defs/Window"}},
            ]
        }
    ),
]
GateList = Annotated[
    tuple[GateEntry, ...],
    AfterValidator(_some),
    WithJsonSchema(
        {"type": "array", "minItems": 1,
         "items": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/GateEntry"}]}}
    ),
]  # fmt: skip


class WaveSpec(SpecModel):
    """A wave: hosts that are changed and judged together, before the next wave begins."""

    name: Name = Field(description="its name, such as canary")
    hosts: Annotated[Members, MEMBERS_SCHEMA] = Field(
        description="a share of the fleet such as 10%, hosts and groups, or {per: class, count: 1}"
    )
    gate: Name = Field(default="quick", description="the name of its gates, under `gates`")
    soak: Duration | None = Field(
        default=None, description="how long its hosts run before the gates are read, such as 15m"
    )
    then: Literal["go-on", "person"] = Field(
        default="go-on", description="`person`: the next wave begins once a person has judged it"
    )


class AtOnce(SpecModel):
    """How many hosts are in work at the same time."""

    fleet: Count = Field(default=50, description="hosts of the whole fleet")
    site: Count = Field(default=8, description="hosts of each site")


class BandwidthSpec(SpecModel):
    """How fast hosts may fetch from the internet, all together."""

    fleet: Bandwidth | None = Field(default=None, description="of all hosts, such as 1Gbit")
    site: Bandwidth | None = Field(default=None, description="of each site, such as 200Mbit")


class RolloutLimits(SpecModel):
    """What is not exceeded at any time, by the way back neither."""

    at_once: AtOnce = Field(default=AtOnce(), description="hosts in work at the same time")
    down_at_once: Annotated[dict[GroupSelector, PerSite], AfterValidator(freeze)] = Field(
        default_factory=FrozenDict,
        description='hosts of a group in work at the same time, such as {"group:llm": 1 per site}',
    )
    bandwidth: BandwidthSpec = Field(
        default=BandwidthSpec(),
        description="what the fetches that go on at the same time take of the internet",
    )


class Deadlines(SpecModel):
    """When to wait no longer."""

    host: Duration = Field(default=2700, description="for a host, from when it was sent")
    silence: Duration = Field(
        default=600, description="for any sign of a host that has begun: then it is lost"
    )
    site: Duration = Field(default=180, description="for any sign of a site's worker")
    wave: Duration = Field(
        default=21600, description="for a wave, while a window of its hosts is open"
    )
    lease_wait: Duration = Field(
        default=300, description="for a host that another run is changing: then it is quarantined"
    )


class FailureBudget(SpecModel):
    """How many failed hosts end a rollout."""

    canary: Share = Field(default=0, description="failed hosts that a canary wave may have")
    wave: Share = Field(
        default="5%", description="failed hosts of those tried that any other wave may have"
    )
    at_least: Count = Field(
        default=2, description="failed hosts below which a percentage does not count"
    )


class UnreachableBudget(SpecModel):
    """How many hosts may be missing before nothing can be said of a wave."""

    wave: Share = Field(
        default="30%", description="quarantined hosts of a wave; with more it is inconclusive"
    )


class CatchUp(SpecModel):
    """When quarantined hosts are tried again, through the same gates."""

    every: Duration = Field(default=3600, description="how often")
    within: Duration = Field(default=1209600, description="how long after the rollout began")


class SiteSpec(SpecModel):
    """Hosts that are reached from one place."""

    hosts: Selectors = Field(description="its hosts and groups, such as group:berlin")
    worker: Flag = Field(default=False, description="whether a worker there changes its hosts")
    at_once: Count | None = Field(default=None, description="in place of `limits.at_once.site`")
    window: Windows = Field(default=(), description="in place of the windows of the file")
    bandwidth: Bandwidth | None = Field(
        default=None, description="in place of `limits.bandwidth.site`"
    )


class RolloutFile(SpecModel):
    """The sections of a rollout file."""

    version: Literal[1] = Field(description="1, the version of this format")
    spec: LocalPath = Field(description="the fleet's spec; a relative path begins at this file")
    waves: Annotated[tuple[WaveSpec, ...], AfterValidator(_some_waves)] = Field(
        default=(
            WaveSpec(name="canary", hosts=Members(per="class"), gate="full"),
            WaveSpec(name="early", hosts=Members(share="10%")),
            WaveSpec(name="rest", hosts=Members(share="100%")),
        ),
        description="a list of waves; a share is of the whole fleet, of what is left at most. Left "
        "out: one host of each class, 10%, the rest",
    )
    order: Literal["rotate", "listed"] = Field(
        default="rotate",
        description="which hosts of a wave come first: others in each rollout, or as in the spec",
    )
    never_first: Selectors = Field(
        default=(), description="hosts and groups that are never in the first wave"
    )
    limits: RolloutLimits = Field(
        default=RolloutLimits(), description="what is not exceeded at any time"
    )
    stage: Literal["ahead", "never"] = Field(
        default="ahead",
        description="whether the bytes of the next wave go to its hosts while a wave runs; nothing "
        "is activated by it",
    )
    deadline: Deadlines = Field(default=Deadlines(), description="when to wait no longer")
    failed: FailureBudget = Field(
        default=FailureBudget(), description="how many failed hosts end a rollout"
    )
    unreachable: UnreachableBudget = Field(
        default=UnreachableBudget(), description="how many hosts may be missing"
    )
    quorum: Percent = Field(
        default=80,
        description="share of a wave's hosts that must have shown something of the change",
    )
    rollback: Literal["none", "wave", "all"] = Field(
        default="wave", description="what is taken back when a wave fails"
    )
    catch_up: CatchUp = Field(
        default=CatchUp(), description="when quarantined hosts are tried again"
    )
    window: Windows = Field(
        default=(), description="a window, or a list of them, in which hosts may be begun"
    )
    gates: Annotated[dict[Name, GateList], AfterValidator(freeze)] = Field(
        default_factory=FrozenDict,
        description="lists of gates by name; by default `quick` is verified, in-sync and "
        "no-restarts, and `full` has no-oom, ready, disk, throttling: none and memory: caution too",
    )
    sites: Annotated[dict[Name, SiteSpec], AfterValidator(freeze)] = Field(
        default_factory=FrozenDict,
        description="sites by name; a host that is in none belongs to the site `here`",
    )

    def gates_of(self, name: str) -> tuple[GateEntry, ...]:
        """Return the gates of that name; raise `KeyError` for an unknown name."""
        return {**DEFAULT_GATES, **self.gates}[name]
