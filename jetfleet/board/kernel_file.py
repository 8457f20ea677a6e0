"""Small files of the kernel, and what programs print, for readings of a board."""

from __future__ import annotations

import subprocess
from typing import Sequence


def line_of(path: str) -> str:
    """Return the first line of a small file; an OSError where it cannot be read."""
    with open(path, encoding="utf-8", errors="replace") as text:
        return text.readline().strip("\n\0 ")


def number_of(path: str) -> int | None:
    """Return the number in a file of sysfs, or None without one."""
    try:
        return int(line_of(path))
    except (OSError, ValueError):
        return None


def output_of(command: Sequence[str], seconds: float) -> str:
    """Return what a program prints; it has no terminal to ask a person at."""
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=seconds,
        check=False,
    ).stdout.decode(errors="replace")
