"""Processes of this workstation, named so that another process can tell whether one still runs."""

from __future__ import annotations

import hashlib
import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process.

    Parameters
    ----------
    pid:
        Its number.
    started:
        When it was started, as the system counts it: a number is given again to a later process.
    place:
        The boot of the computer, and the namespace in which the number counts; empty if unknown.

    """

    pid: int
    started: str
    place: str

    @classmethod
    def own(cls) -> Process:
        """Return this process."""
        return cls(os.getpid(), _started(os.getpid()), _place())

    @property
    def ended(self) -> bool | None:
        """Whether it has ended; None if that cannot be seen from here."""
        if not self.place or self.place != _place():
            return None
        return _started(self.pid) != self.started


def _started(pid: int) -> str:
    """Return when a process was started; empty if there is no such process."""
    try:
        # The second field, its name, may hold blanks and parentheses: proc_pid_stat(5).
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        state, *rest = status.rpartition(")")[2].split()
        return "" if state == "Z" else rest[18]
    except FileNotFoundError:
        return "" if Path("/proc/self/stat").exists() else _printed("ps", "-o", "lstart=", str(pid))


@cache
def _place() -> str:
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        return _hash(boot + str(Path("/proc/self/ns/pid").readlink()))
    # macOS: each boot has an id of its own.
    boot = _printed("sysctl", "-n", "kern.bootsessionuuid")
    return _hash(boot) if boot else ""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _printed(*command: str) -> str:
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=5)
        return done.stdout.strip()
    return ""
