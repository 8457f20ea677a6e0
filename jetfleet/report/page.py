"""What a report shows, as plain values; nothing of it is HTML yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from jetfleet.status.model import FleetStatus

ACROSS = 10
"""How many hosts stand beside each other."""


@dataclass(frozen=True)
class Cell:
    """How one resource stands on one host.

    Parameters
    ----------
    outcome:
        `jetfleet.events.state.Outcome`, or ``absent``: the host does not have it.
    sentence:
        How it differs, or why it failed.

    """

    outcome: str
    sentence: str = ""


@dataclass(frozen=True)
class Row:
    """One resource, and how it stands on each host, in the order of the page's hosts."""

    key: str
    title: str
    role: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Bar:
    """One thing that took time on a host, in seconds since the run began.

    Parameters
    ----------
    bytes:
        How many were counted; 0 if none were.

    """

    title: str
    outcome: str
    begin: float
    end: float
    bytes: int = 0

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.begin


@dataclass(frozen=True)
class Detail:
    """One attribute of a resource: have, want, and the text of a file where it may be shown."""

    title: str
    outcome: str
    attribute: str
    have: str
    want: str
    sentence: str
    diff: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """What went wrong on a host, and what was logged of it."""

    title: str
    reason: str
    log: tuple[str, ...] = ()


@dataclass(frozen=True)
class Host:
    """One host of a run.

    Parameters
    ----------
    state:
        `jetfleet.events.state.State`.
    internet, lan:
        Bytes that were expected to come from hubs and registries, and from nearby.
    seconds:
        From its first event to its last.

    """

    name: str
    state: str
    reason: str = ""
    seconds: float = 0.0
    internet: int = 0
    lan: int = 0
    bars: tuple[Bar, ...] = ()
    details: tuple[Detail, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class Page:
    """A whole report; ``status`` is there if boards were asked how they are."""

    template: ClassVar[str] = "page.html"
    title: str
    about: tuple[tuple[str, str], ...]
    seconds: float = 0.0
    hosts: tuple[Host, ...] = ()
    rows: tuple[Row, ...] = ()
    status: FleetStatus | None = None
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def tables(self) -> list[tuple[range, dict[str, list[Row]]]]:
        """The matrix in tables that fit a screen: the numbers of their hosts, their rows by role.

        Roles and rows come in the order in which they first come; a row that none of a table's
        hosts has is left out of it.
        """
        found = []
        for start in range(0, len(self.hosts), ACROSS):
            hosts = range(start, min(start + ACROSS, len(self.hosts)))
            roles: dict[str, list[Row]] = {}
            for row in self.rows:
                if any(row.cells[number].outcome != "absent" for number in hosts):
                    roles.setdefault(row.role, []).append(row)
            found.append((hosts, roles))
        return found
