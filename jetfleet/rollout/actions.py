"""What is to be done next, as values: `decide` returns them, the controller carries them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.rollout import events

if TYPE_CHECKING:
    from jetfleet.rollout.events import How, Purpose, Verdict


@dataclass(frozen=True)
class Send:
    """Give hosts of one site and wave to the boards; the task's id makes it once only.

    `rate` is what each host may fetch, in bits per second; None: as fast as it can.
    """

    task: str
    purpose: Purpose
    site: str
    hosts: tuple[str, ...]
    wave: int
    attempt: int
    rate: int | None = None

    def event(self, at: float) -> events.Event:
        """Return what is recorded before it is sent."""
        return events.Sent(
            at, self.task, self.purpose, self.site, self.hosts, self.wave, self.attempt, self.rate
        )


@dataclass(frozen=True)
class Mark:
    """Wait no longer for a host; its part of the `task` in flight is cancelled."""

    host: str
    outcome: str
    why: str
    task: str = ""

    def event(self, at: float) -> events.Event:
        """Return what is recorded of it."""
        return events.Marked(at, self.host, self.outcome, self.why)


@dataclass(frozen=True)
class Judge:
    """Give a wave its verdict."""

    wave: int
    verdict: Verdict
    why: str

    def event(self, at: float) -> events.Event:
        """Return what is recorded of it."""
        return events.Judged(at, self.wave, self.verdict, self.why)


@dataclass(frozen=True)
class Halt:
    """Send nothing new; `hosts` are considered for the way back. The plan is blocked with it."""

    why: str
    hosts: tuple[str, ...]

    def event(self, at: float) -> events.Event:
        """Return what is recorded of it."""
        return events.Halted(at, self.why, self.hosts)


@dataclass(frozen=True)
class StartCatchUp:
    """Try quarantined hosts again, because it is time."""

    hosts: tuple[str, ...]

    def event(self, at: float) -> events.Event:
        """Return what is recorded of it."""
        return events.CatchUp(at, "", self.hosts)


@dataclass(frozen=True)
class End:
    """The rollout is over."""

    how: How
    why: str

    def event(self, at: float) -> events.Event:
        """Return what is recorded of it."""
        return events.Ended(at, self.how, self.why)


Action = Send | Mark | Judge | Halt | StartCatchUp | End
