"""What `jetfleet/board/status.py` prints, by type; a part that could not be read is left out."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=0, lt=2**63)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=-1e12, lt=1e12, allow_inf_nan=False)]


class _Read(BaseModel):
    # A newer jetfleet may print more; what an older one reads of it stays true.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class ClockReading(_Read):
    """Clocks: pinned or not (None on a board without), and the highest now in Hz."""

    locked: bool | None = None
    free: tuple[str, ...] = ()
    cpu: Count = 0
    gpu: Count = 0


class MemoryReading(_Read):
    """Bytes of the memory that CPU and GPU share; `available` is what a program can still have."""

    total: Count
    available: Count


class DiskReading(_Read):
    """Bytes of the filesystem at a path; nothing is mounted there if `mounted` is false."""

    mounted: bool
    total: Count = 0
    free: Count = 0


class ServiceReading(_Read):
    """A unit, and the ids that its server lists: None if it did not answer, with the reason.

    Parameters
    ----------
    restarts, restarts_in_docker:
        How often systemd, and Docker, started it again by itself.
    began, since:
        Seconds since the boot at which its start began, and at which it was ready.
    starting:
        Seconds that it has been starting for.
    work:
        A number that grows while it does something; only of one that starts.

    """

    active: str = "unknown"
    uptime: Seconds | None = None
    restarts: Count = 0
    restarts_in_docker: Count | None = None
    began: Seconds | None = None
    since: Seconds | None = None
    starting: Seconds | None = None
    work: Count | None = None
    ids: tuple[str, ...] | None = None
    wants: tuple[str, ...] = ()
    reason: str = ""


class KilledReading(_Read):
    """A process that the kernel ended for lack of memory, at seconds since the boot."""

    at: Seconds
    name: str = ""


class Readings(_Read):
    """All parts; `errors` has the reason for each that is missing.

    Parameters
    ----------
    boot:
        The id of the boot.
    kills, killed:
        How many processes the kernel has ended for lack of memory since the boot, and the last of
        them that its log still has.

    """

    release: str = ""
    model: str = ""
    uptime: Seconds | None = None
    boot: str = ""
    kills: Count | None = None
    killed: tuple[KilledReading, ...] | None = None
    power_mode: str | None = None
    clocks: ClockReading | None = None
    temperatures: dict[str, Number] = Field(default_factory=dict)
    throttling: tuple[str, ...] = ()
    over_current: dict[str, Count] = Field(default_factory=dict)
    memory: MemoryReading | None = None
    disks: dict[str, DiskReading] = Field(default_factory=dict)
    services: dict[str, ServiceReading] = Field(default_factory=dict)
    errors: dict[str, str] = Field(default_factory=dict)
