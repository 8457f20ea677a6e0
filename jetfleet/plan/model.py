"""A plan: for each host, resource and attribute what the board has, the spec wants, it costs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from jetfleet.events.event import AttributeChange, Effects
from jetfleet.events.state import State
from jetfleet.events.text import Name
from jetfleet.text import format_json


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)


class Planned(_Frozen):
    """One resource with its changes, and what made them necessary."""

    resource: Name
    title: Name
    role: Name
    cause: Name
    changes: tuple[AttributeChange, ...]
    effects: Effects = Effects()


class Disk(_Frozen):
    """Bytes more on the NVMe while the plan is carried out, and afterwards; and what is free."""

    peak: int = 0
    final: int = 0
    free: int | None = None


class Restart(_Frozen):
    """Something that is up and goes down, and for how many seconds: an estimate."""

    what: Name
    seconds: int
    because: Name


class Waived(_Frozen):
    """A rule that the spec waives on this host, and the reason that a person wrote."""

    rule: Name
    reason: Name
    where: Name


class HostPlan(_Frozen):
    """What a plan says of one host.

    Parameters
    ----------
    reason:
        Why it is refused or cannot be reached.
    survey, desired:
        Hashes of what the board has and of what the spec wants; the plan holds for these alone.
    fixed:
        Hash of each resource on the board, without what changes by itself; with another survey, it
        shows whether the plan still does the same.
    applied:
        Commit of the spec that was last applied; None if nothing was, or nobody knows.
    rollout, attempt:
        The rollout that has changed the board last, and in which attempt; empty and 0 without one.
    taken_commit:
        The commit that a rollout has taken back from the board last; empty without one.
    in_sync:
        Keys of the resources that do not differ.
    stops:
        What is up and goes down for good: it is no longer in the spec.
    reboots, waits:
        Why the board is rebooted, and what needs a reboot that was not allowed.
    memory:
        What its services will take of the memory that CPU and GPU share, in words.
    notes:
        What a person should know of the board, such as a wrong clock; no change comes of it.

    """

    host: Name
    state: State
    reason: Name = ""
    survey: str = ""
    fixed: dict[str, str] = Field(default_factory=dict)
    desired: str = ""
    applied: Name | None = None
    rollout: Name = ""
    attempt: int = 0
    taken_commit: Name = ""
    resources: tuple[Planned, ...] = ()
    in_sync: tuple[Name, ...] = ()
    internet: int = 0
    lan: int = 0
    nvme: Disk = Disk()
    restarts: tuple[Restart, ...] = ()
    stops: tuple[Name, ...] = ()
    reboots: tuple[Name, ...] = ()
    waits: tuple[Name, ...] = ()
    waived: tuple[Waived, ...] = ()
    memory: Name = ""
    notes: tuple[Name, ...] = ()


class Plan(_Frozen):
    """A plan of one deploy on some hosts of one spec.

    Parameters
    ----------
    command:
        ``plan`` or ``drift``.
    made:
        When, in UTC, as ISO 8601.
    data:
        Options of this run, as pyinfra's ``--data``.
    commit:
        Of the spec's repository, with ``+`` if the spec was edited since; empty outside of one.

    """

    schema_: Literal[2] = Field(default=2, alias="schema")
    command: Literal["plan", "drift"] = "plan"
    made: Name
    spec: str
    deploy: str
    commit: Name
    data: tuple[str, ...] = ()
    hosts: tuple[HostPlan, ...]

    def json_text(self) -> str:
        """Return the plan as JSON, documented in docs/formats.md."""
        return format_json(self.model_dump(by_alias=True)) + "\n"
