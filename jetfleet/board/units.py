"""Units and containers of services: state, starts, restarts, and work while they start."""

from __future__ import annotations

import re
import time
from typing import Any, Sequence

from jetfleet.board.kernel_file import line_of, output_of

SHOWN = (
    "Id,ActiveState,SubState,NRestarts,MainPID,ActiveEnterTimestampMonotonic,"
    "InactiveExitTimestampMonotonic"
)
SECONDS = 20
"""Limit of systemd and Docker."""

BUSY, MOVED = 1_000_000, 1 << 20
"""Microseconds of CPU time, and bytes, that count as one step of work."""


def units(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return state, starts and restarts by unit.

    `began` and `since` are when its start began and ended, in seconds since the boot, `uptime` the
    seconds since then.
    """
    if not names:
        return {}
    found = {}
    now = time.clock_gettime(time.CLOCK_MONOTONIC)
    for block in output_of(["systemctl", "show", "-p", SHOWN, *names], SECONDS).split("\n\n"):
        show = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if "Id" in show:
            since = int(show.get("ActiveEnterTimestampMonotonic") or 0) / 1e6
            began = int(show.get("InactiveExitTimestampMonotonic") or 0) / 1e6
            active = show.get("ActiveState", "unknown")
            is_up = active == "active" and since
            found[show["Id"]] = {
                "active": active,
                "uptime": round(now - since, 1) if is_up else None,
                "restarts": int(show.get("NRestarts") or 0),
                "began": began or None,
                "since": since if is_up else None,
                "starting": round(now - began, 1) if active == "activating" and began else None,
                "pid": int(show.get("MainPID") or 0),
            }
    return found


def containers(names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return how often Docker has started each container again by itself, and its process."""
    if not names:
        return {}
    form = "{{.Name}} {{.RestartCount}} {{.State.Pid}}"
    said = output_of(["docker", "container", "inspect", "-f", form, *names], SECONDS)
    rows = [line.split() for line in said.splitlines()]
    return {
        name.lstrip("/"): {"restarts": int(count), "pid": int(pid)} for name, count, pid in rows
    }


def work(root: str, pid: int) -> int | None:
    """Return a number that grows while a process and its control group work.

    It counts CPU time and the bytes that are read and written. None without unified groups.
    """
    try:
        group = root + "/sys/fs/cgroup" + line_of(f"{root}/proc/{pid}/cgroup").partition("::")[2]
        with open(group + "/cpu.stat", encoding="ascii") as lines:
            spent = next(int(line.split()[1]) for line in lines if line.startswith("usage_usec "))
        with open(group + "/io.stat", encoding="ascii") as lines:
            moved = sum(map(int, re.findall(r"[rw]bytes=(\d+)", lines.read())))
    except (OSError, ValueError, StopIteration):
        return None
    return spent // BUSY + moved // MOVED
