"""Control groups of twins: all processes of a twin are in one group, and end together."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_ROOT = "jetfleet"
_POLL_S = 0.01
_PATIENCE_S = 10.0


def base() -> Path:
    """Return the mount point of the unified hierarchy; the old ones may be mounted too."""
    for line in _MOUNTS.read_text(encoding="utf-8").splitlines():
        before, _, after = line.partition(" - ")
        if after.startswith("cgroup2 "):
            return Path(before.split()[4])
    raise OSError("no cgroup2 hierarchy is mounted on this workstation")


def fleet_group(bridge: str) -> Path:
    """Return the group of a fleet, which holds one group a host."""
    return base() / _ROOT / bridge


def processes(group: Path) -> list[int]:
    """Return the ids of all processes in the group and below it."""
    found: list[int] = []
    for folder in _folders(group):
        with suppress(OSError):
            text = (folder / "cgroup.procs").read_text(encoding="ascii")
            found += [int(word) for word in text.split()]
    return found


def kill(group: Path) -> None:
    """Kill every process in the group and below at once, like a power cut."""
    try:
        (group / "cgroup.kill").write_text("1", encoding="ascii")
    except FileNotFoundError:  # kernels before 5.14
        for process in processes(group):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def remove(group: Path) -> None:
    """Remove a group and all groups below it; kill the processes that still run there."""
    if not group.is_dir():
        return
    kill(group)
    deadline = time.monotonic() + _PATIENCE_S
    while processes(group) and time.monotonic() < deadline:
        time.sleep(_POLL_S)
    for folder in reversed(_folders(group)):
        with suppress(OSError):
            folder.rmdir()
    with suppress(OSError):  # other fleets may use it
        group.parent.rmdir()


def _folders(group: Path) -> list[Path]:
    """Return the group and all groups below it, parents first."""
    return [Path(path) for path, _, _ in os.walk(group)]
