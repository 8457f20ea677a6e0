"""What has happened in a rollout: records that are added, and never changed.

The state is folded from them alone. Each has its time in seconds since 1970, as the controller's
clock had it. What is sent stands here before it is sent: a controller that dies between the two
sends it again, under the same task id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

Purpose = Literal["apply", "undo", "survey", "stage", "probe"]
CHANGES = frozenset({"apply", "undo"})
"""Purposes of tasks that change what a host does."""
Verdict = Literal["pass", "fail", "inconclusive", "ready"]
"""`ready`: the gates have passed, and the wave waits for a person."""
How = Literal["done", "incomplete", "halted", "not-back", "aborted"]


@dataclass(frozen=True)
class Opened:
    """A controller took the rollout up: silence before that says nothing of any host."""

    kind: ClassVar[str] = "opened"
    at: float
    by: str


@dataclass(frozen=True)
class Rebuilt:
    """Its store was lost, or is on another computer: what is on each board is to be read.

    Parameters
    ----------
    tasks:
        Begins the numbers of its tasks from here on, so that none is taken for one of before.

    """

    kind: ClassVar[str] = "rebuilt"
    at: float
    by: str
    tasks: str


@dataclass(frozen=True)
class Sent:
    """A task was given to boards; hosts of one task are of one site, wave and attempt."""

    kind: ClassVar[str] = "sent"
    at: float
    task: str
    purpose: Purpose
    site: str
    hosts: tuple[str, ...]
    wave: int
    attempt: int
    rate: int | None = None


@dataclass(frozen=True)
class Begun:
    """The first operation that changes a host is about to run: reported before it runs."""

    kind: ClassVar[str] = "begun"
    at: float
    host: str
    task: str


@dataclass(frozen=True)
class Heard:
    """A sign of life of hosts in work."""

    kind: ClassVar[str] = "heard"
    at: float
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Done:
    """How a host ended in a task.

    Parameters
    ----------
    outcome:
        Of ``apply``: an `Outcome`; ``untouched`` and ``unknown`` if the process that did it has
        died. Of ``survey``: untouched, changed-before, begun, taken-back, other (something else
        was applied since the plan), busy, unreachable. Of ``undo``: undone, undo-failed, cut-off,
        no-way-back, unreachable, busy. Of ``stage``: staged, not-staged.
    data:
        What else the board said, such as its lease's token and the head of its audit log.

    """

    kind: ClassVar[str] = "done"
    at: float
    host: str
    task: str
    outcome: str
    detail: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Marked:
    """The controller waited no longer for a host."""

    kind: ClassVar[str] = "marked"
    at: float
    host: str
    outcome: str
    why: str


@dataclass(frozen=True)
class GateRead:
    """What a gate says of a wave; `hosts` are those that missed it."""

    kind: ClassVar[str] = "gate"
    at: float
    wave: int
    task: str
    gate: str
    verdict: Literal["pass", "fail", "no-data"]
    hosts: tuple[str, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Judged:
    """A wave has a verdict: of its gates, or of a person with a reason."""

    kind: ClassVar[str] = "judged"
    at: float
    wave: int
    verdict: Verdict
    why: str
    by: str = ""


@dataclass(frozen=True)
class Halted:
    """Nothing new is sent any more; `hosts` are considered for the way back."""

    kind: ClassVar[str] = "halted"
    at: float
    why: str
    hosts: tuple[str, ...]
    by: str = ""


@dataclass(frozen=True)
class Paused:
    """A person wants nothing new to be sent for now."""

    kind: ClassVar[str] = "paused"
    at: float
    by: str
    reason: str


@dataclass(frozen=True)
class Resumed:
    """A person ended a pause. It is no verdict on any wave."""

    kind: ClassVar[str] = "resumed"
    at: float
    by: str
    reason: str


@dataclass(frozen=True)
class Aborted:
    """A person gave the rollout up; what is on the boards is surveyed, and stays."""

    kind: ClassVar[str] = "aborted"
    at: float
    by: str
    reason: str


@dataclass(frozen=True)
class CatchUp:
    """Quarantined hosts are tried again, as a wave of their own."""

    kind: ClassVar[str] = "catch-up"
    at: float
    by: str
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Retried:
    """A wave that failed or was inconclusive begins again; `hosts` are tried again."""

    kind: ClassVar[str] = "retried"
    at: float
    by: str
    reason: str
    wave: int


@dataclass(frozen=True)
class SiteSeen:
    """A sign of life of a site's worker."""

    kind: ClassVar[str] = "site-seen"
    at: float
    site: str


@dataclass(frozen=True)
class Ended:
    """The rollout is over; a catch-up, a retry or an undo takes it up again."""

    kind: ClassVar[str] = "ended"
    at: float
    how: How
    why: str


_ALL = (
    Opened, Rebuilt, Sent, Begun, Heard, Done, Marked, GateRead, Judged, Halted, Paused, Resumed,
    Aborted, CatchUp, Retried, SiteSeen, Ended,
)  # fmt: skip
Event = (
    Opened | Rebuilt | Sent | Begun | Heard | Done | Marked | GateRead | Judged | Halted | Paused
    | Resumed | Aborted | CatchUp | Retried | SiteSeen | Ended
)  # fmt: skip
KINDS: dict[str, type[Event]] = {one.kind: one for one in _ALL}
News = Begun | Heard | Done | GateRead | SiteSeen
"""What boards report."""
