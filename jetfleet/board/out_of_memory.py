"""Processes that the kernel has ended because memory ran out."""

from __future__ import annotations

import os
import re
from typing import Any

KILLED = re.compile(
    r"^[^;\n]*?,\d+,(\d+),[^;\n]*;.*ut of memory: Killed process \d+ \((.*?)\)", re.MULTILINE
)
"""A line of the kernel's log, as /dev/kmsg has it: its time in microseconds since the boot.

https://www.kernel.org/doc/Documentation/ABI/testing/dev-kmsg; the sentence is in mm/oom_kill.c.
"""

LOG_BYTES = 8 << 20
"""Most bytes of the kernel's log that are read; its buffer has 1 MiB at most."""

MOST = 20
"""Most ends of processes that are named."""


def kills(root: str) -> int | None:
    """Return how many it has ended since the boot, those in containers too; None: not known.

    Linux counts them since 4.13.
    """
    try:
        with open(root + "/proc/vmstat", encoding="ascii") as lines:
            found = [int(line.split()[1]) for line in lines if line.startswith("oom_kill ")]
    except (OSError, ValueError):
        return None
    return found[0] if found else None


def killed(root: str) -> list[dict[str, Any]] | None:
    """Return seconds since the boot and name of the last ones that the log still has.

    None if the log cannot be read.
    """
    try:
        log = os.open(root + "/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    found = bytearray()
    try:
        while len(found) < LOG_BYTES:
            try:
                part = os.read(log, 1 << 16)
            except BrokenPipeError:  # the kernel has written over the next line
                continue
            except OSError:  # nothing more, or a container that may not read it
                break
            if not part:
                break
            found += part
    finally:
        os.close(log)
    rows = KILLED.findall(found.decode(errors="replace"))[-MOST:]
    return [{"at": int(at) / 1e6, "name": name[:64]} for at, name in rows]
