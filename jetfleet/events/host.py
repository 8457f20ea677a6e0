"""One host of a run, as its events tell: the one model that plan, apply, status and report show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from jetfleet.events.event import (
        AttributeChange,
        BoardRead,
        Difference,
        Effects,
        Leased,
        Logged,
        Surveyed,
        Verified,
    )
    from jetfleet.events.state import Outcome, State


@dataclass
class ResourceRun:
    """One resource on one host: what was planned, and what came of it.

    Parameters
    ----------
    reason:
        Why it failed or was refused.
    changes:
        Its attributes that differ or differed.
    cause:
        What made the changes necessary; see docs/formats.md.
    begun, ended:
        When its change began and ended, in seconds since 1970; None while it did not.
    bytes:
        How many were seen to come.

    """

    key: str
    title: str
    role: str = ""
    outcome: Outcome = "unknown"
    reason: str = ""
    changes: tuple[AttributeChange, ...] = ()
    cause: str = ""
    effects: Effects | None = None
    begun: float | None = None
    ended: float | None = None
    bytes: int = 0

    @property
    def interrupted(self) -> bool:
        """Whether its change began and has not ended."""
        return self.begun is not None and self.ended is None


@dataclass(frozen=True)
class Moment:
    """Something at one time, in seconds since 1970, that a reader of a timeline looks for."""

    at: float
    title: str
    outcome: Outcome


@dataclass(frozen=True)
class Activity:
    """What a host is doing: since when (seconds since 1970), how far, in which words."""

    title: str = ""
    since: float = 0.0
    bytes: tuple[int, int | None] | None = None
    line: str = ""


@dataclass
class HostRun:
    """A host after some of its events; `jetfleet.events.interpret.take` adds one.

    Parameters
    ----------
    phase, phases:
        The phase of the last event, and those of all.
    began, ended:
        Time of the first and the last event, in seconds since 1970.
    refusals, failures:
        Reasons, in the order in which they came.
    readings, services, differences:
        What a status read, the role of each wanted service, and differences from the spec.
    read:
        What was read of it for the gates of a rollout.
    notes:
        What a person should know of the board, though it is no difference from the spec.
    rebooted:
        Keys of the resources that the board was rebooted for.
    compared, completed:
        All was compared; all was carried out.
    leased, logged:
        The answers to `jetfleet lease` and `jetfleet log`.
    audit, token:
        Number and hash of the last line of the board's audit log, after this run has changed it,
        and the token of its lease.

    """

    name: str
    phase: str = ""
    phases: set[str] = field(default_factory=set)
    began: float | None = None
    ended: float = 0.0
    survey: Surveyed | None = None
    resources: dict[str, ResourceRun] = field(default_factory=dict)
    verified: list[Verified] = field(default_factory=list)
    readings: Mapping[str, Any] | None = None
    read: BoardRead | None = None
    notes: tuple[str, ...] = ()
    services: Mapping[str, str] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    unreachable: str = ""
    refusals: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    rebooted: list[str] = field(default_factory=list)
    compared: bool = False
    completed: bool = False
    audit: tuple[int, str] | None = None
    token: int = 0
    leased: Leased | None = None
    logged: Logged | None = None
    moments: list[Moment] = field(default_factory=list)
    activity: Activity = field(default_factory=Activity)

    def resource(self, key: str) -> ResourceRun:
        """Return the resource of that key; add it if no survey listed it."""
        return self.resources.setdefault(key, ResourceRun(key, title=key))

    @property
    def seconds(self) -> float:
        """Seconds from its first event to its last."""
        return self.ended - self.began if self.began is not None else 0.0

    @property
    def state(self) -> State:
        """How the host stands."""
        return self.verdict[0]

    @property
    def reason(self) -> str:
        """Why it stands so, where that is not well."""
        return self.verdict[1]

    @property
    def verdict(self) -> tuple[State, str]:
        """State and reason."""
        touched = any(one.begun is not None for one in self.resources.values())
        if self.failures:
            return "failed", _joined(self.failures)
        if self.unreachable:
            return "failed" if touched else "unreachable", self.unreachable
        if self.refusals:
            return "failed" if touched else "refused", _joined(self.refusals)
        return self._broken_off() or (self._ended_well(), "")

    def _broken_off(self) -> tuple[State, str] | None:
        """Return state and reason of a host that the run did not finish; None if it did."""
        cut = [one.title for one in self.resources.values() if one.interrupted]
        if cut:
            return "interrupted", f"“{cut[-1]}” was under way: run again, it continues"
        if self.began is None:
            return "skipped", "the run ended before it reached this host: see its log"
        if "apply" in self.phases and not self.completed:
            return "interrupted", "the run broke off: see its log, and run again"
        if self.phases == {"plan"} and not self.compared:
            return "skipped", "the plan broke off before all of it was compared: see its log"
        return None

    def _ended_well(self) -> State:
        outcomes = {one.outcome for one in self.resources.values()}
        if "changed" in outcomes:
            return "changed"
        return "changes" if "changes" in outcomes or self.differences else "in-sync"


def _joined(reasons: list[str]) -> str:
    return "; ".join(dict.fromkeys(reasons))
