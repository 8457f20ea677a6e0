"""A rollout as it was frozen when it began: who belongs to it, in which waves, within which limits.

It is written into the store once, and never changes: hosts that the spec gets later are not in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, Literal

HERE = "here"
"""The site of hosts that no site of the file has."""


@dataclass(frozen=True)
class Window:
    """A window of time, in minutes since midnight of its zone; `closes` may be of the next day."""

    zone: str
    days: tuple[int, ...]
    opens: int
    closes: int


@dataclass(frozen=True)
class Site:
    """Hosts that are reached from one place, and what may go on there at the same time."""

    name: str
    at_once: int
    worker: bool = False
    windows: tuple[Window, ...] = ()
    bandwidth: int | None = None
    """Bits per second, over all hosts of the site."""


@dataclass(frozen=True)
class Member:
    """A host of a rollout."""

    name: str
    site: str
    of_class: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gate:
    """A gate of a wave; `measured` ones compare figures, the others are kept by each host."""

    name: str
    settings: dict[str, Any] = field(default_factory=dict)
    measured: bool = False


@dataclass(frozen=True)
class Wave:
    """Hosts that are judged together, in the order in which they are sent.

    Seconds of `soak` pass before their gates are read.
    """

    name: str
    hosts: tuple[str, ...]
    gates: tuple[Gate, ...] = ()
    soak: float = 0
    person: bool = False
    canary: bool = False
    late: bool = False
    """Whether it catches up hosts that an earlier wave has quarantined."""


@dataclass(frozen=True)
class DownAtOnce:
    """How many hosts of a group may be in work at the same time."""

    group: str
    count: int
    per_site: bool


@dataclass(frozen=True)
class Deadlines:
    """When to wait no longer, in seconds."""

    host: float = 2700
    silence: float = 600
    site: float = 180
    wave: float = 21600
    lease_wait: float = 300


@dataclass(frozen=True)
class Budgets:
    """How much may go wrong: shares are a number of hosts, or a percentage as text."""

    canary: str | int = 0
    wave: str | int = "5%"
    at_least: int = 2
    unreachable: str | int = "30%"
    quorum: int = 80


@dataclass(frozen=True)
class Rollout:
    """Everything that `decide` needs to know besides what has happened.

    Parameters
    ----------
    plan:
        SHA-256 of the plan that is rolled out; a halted one is blocked.
    fleet:
        The spec that it is of, by its resolved path: two rollouts of one exclude each other.
    lease:
        Seconds after which a board that nobody renews the lease of takes no more changes.

    """

    id: str
    plan: str
    fleet: str
    commit: str
    waves: tuple[Wave, ...]
    hosts: dict[str, Member]
    sites: dict[str, Site]
    at_once: int = 50
    down: tuple[DownAtOnce, ...] = ()
    stage: bool = True
    deadline: Deadlines = Deadlines()
    budgets: Budgets = Budgets()
    rollback: Literal["none", "wave", "all"] = "wave"
    catch_up_every: float = 3600
    catch_up_within: float = 1209600
    lease: float = 120
    bandwidth: int | None = None
    """Bits per second, over all hosts."""

    @property
    def spec_name(self) -> str:
        """Name of the spec's file, for people."""
        return PurePath(self.fleet).name

    def site_of(self, host: str) -> Site:
        """Return the site of a host."""
        return self.sites[self.hosts[host].site]
