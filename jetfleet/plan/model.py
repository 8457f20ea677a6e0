"""A plan: per host, resource and attribute what the board has and what is wanted, and its cost."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

State = Literal["converged", "changes", "refused", "unreachable"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Attribute(_Frozen):
    """One attribute that is not as desired."""

    attribute: str
    have: str
    want: str
    sentence: str
    waits_for: str = ""
    diff: tuple[str, str] | None = None


class Effects(_Frozen):
    """What the changes of one resource cost; see `jetfleet.resources.base.Effects`."""

    internet: int = 0
    lan: int = 0
    peak: int = 0
    final: int = 0
    mount: str = ""
    restarts: tuple[str, ...] = ()
    reboot: str = ""
    waits_for: str = ""


class Planned(_Frozen):
    """One resource with its changes, and who made them needed."""

    resource: str
    title: str
    role: str
    cause: str
    changes: tuple[Attribute, ...]
    effects: Effects = Effects()


class Disk(_Frozen):
    """Bytes more on the NVMe while the plan is carried out, and afterwards; and what is free."""

    peak: int = 0
    final: int = 0
    free: int | None = None


class Restart(_Frozen):
    """Something that is up and goes down, and for how many seconds: an estimate."""

    what: str
    seconds: int
    because: str


class Waived(_Frozen):
    """A rule that the spec waives on this host, and the reason that a person wrote."""

    rule: str
    reason: str
    where: str


class HostPlan(_Frozen):
    """What a plan says of one host.

    Parameters
    ----------
    reason:
        Why it is refused or cannot be reached.
    survey, desired:
        Hashes of what was found and of what is wanted: the plan holds as long as both do.
    applied:
        Commit of the spec that was last applied; None if nothing was, or nobody knows.
    same:
        Keys of the resources that are as desired.
    reboots, waits:
        Why the board is rebooted, and for what leave to reboot is still wanted.
    memory:
        What its services will take of the memory that CPU and GPU share, in words.

    """

    host: str
    state: State
    reason: str = ""
    survey: str = ""
    desired: str = ""
    applied: str | None = None
    resources: tuple[Planned, ...] = ()
    same: tuple[str, ...] = ()
    internet: int = 0
    lan: int = 0
    nvme: Disk = Disk()
    restarts: tuple[Restart, ...] = ()
    reboots: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    waived: tuple[Waived, ...] = ()
    memory: str = ""


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

    schema_: Literal[1] = Field(default=1, alias="schema")
    command: Literal["plan", "drift"] = "plan"
    made: str
    spec: str
    deploy: str
    commit: str
    data: tuple[str, ...] = ()
    hosts: tuple[HostPlan, ...]

    @property
    def status(self) -> int:
        """Exit code: 0 nothing to do, 2 changes, 3 some host refused or out of reach."""
        states = {host.state for host in self.hosts}
        if states & {"refused", "unreachable"}:
            return 3
        return 2 if "changes" in states else 0

    def json_text(self) -> str:
        """Return the plan as JSON, documented in docs/formats.md."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"
