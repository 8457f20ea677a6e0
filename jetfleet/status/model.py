"""The status of a fleet as values; as JSON they are the command's ``--json``."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from jetfleet.catalog.memory_level import memory_level
from jetfleet.events.event import Difference
from jetfleet.events.state import State
from jetfleet.events.text import Name
from jetfleet.status.reading import ClockReading
from jetfleet.text import format_json

SCHEMA: Literal[2] = 2


class _Read(BaseModel):
    # A newer jetfleet may say more about a thing; what an older one knows of it stays true.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class Memory(_Read):
    """Bytes of the memory that CPU and GPU share."""

    total: int
    used: int
    share: float
    level: str

    @classmethod
    def of(cls, total: int, available: int) -> Memory:
        """Return it with its level; `available` is what a new program can still have."""
        used = total - available
        share = used / total if total else 0.0
        return cls(total=total, used=used, share=round(share, 4), level=memory_level(share).name)


class Disk(_Read):
    """Bytes of the filesystem at a path; nothing is mounted there if `mounted` is false."""

    path: Name
    mounted: bool
    total: int = 0
    free: int = 0


class ServiceStatus(_Read):
    """One service.

    Parameters
    ----------
    active:
        systemd's ActiveState; ``active`` means that it answered a real generation at its start.
    models, lacks:
        Ids that the server lists (None if it did not answer), and those that it should and
        does not.
    uptime:
        Seconds since it became ready; None if it is not.
    restarts:
        How often systemd started it again by itself since a person last did.

    """

    name: Name
    runtime: Name
    active: Name = "unknown"
    models: tuple[Name, ...] | None = None
    lacks: tuple[Name, ...] = ()
    uptime: float | None = None
    restarts: int = 0
    reason: Name = ""


class HostStatus(_Read):
    """One board. If it is unreachable, only its name, address, state and reason are known."""

    name: Name
    address: Name
    state: State
    reason: Name = ""
    l4t: Name = ""
    model: Name = ""
    uptime: float | None = None
    power_mode: Name | None = None
    clocks: ClockReading | None = None
    temperatures: dict[Name, float] = Field(default_factory=dict)
    throttling: tuple[Name, ...] = ()
    over_current: dict[Name, int] = Field(default_factory=dict)
    memory: Memory | None = None
    disks: tuple[Disk, ...] = ()
    services: tuple[ServiceStatus, ...] = ()
    differences: tuple[Difference, ...] = ()
    unread: dict[Name, Name] = Field(default_factory=dict)
    notes: tuple[Name, ...] = ()

    @property
    def hottest(self) -> tuple[str, float] | None:
        """The hottest zone and its degrees Celsius."""
        if not self.temperatures:
            return None
        zone = max(self.temperatures, key=lambda name: self.temperatures[name])
        return zone, self.temperatures[zone]


class FleetStatus(_Read):
    """All boards that were asked, at one time (ISO 8601, UTC)."""

    version: Literal[2] = Field(default=SCHEMA, alias="schema", serialization_alias="schema")
    spec: str
    at: Name
    hosts: tuple[HostStatus, ...]

    def json_text(self) -> str:
        """Return the status as JSON."""
        return format_json(self.model_dump(by_alias=True)) + "\n"
