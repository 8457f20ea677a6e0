"""What commands take: wall time, and processor time with all processes that they start."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.farm.spec import ROOT

BIN = Path(sys.executable).parent


class Taken(NamedTuple):
    """Seconds of a command: those on the clock, and those of a processor."""

    wall: float
    processor: float


@dataclass(frozen=True)
class Way:
    """A command that is measured.

    Parameters
    ----------
    folder:
        Where it is called.
    environ:
        Variables beside those of this process.
    keys:
        Written to its standard input.
    status:
        The exit code that it must have.
    expected:
        A pattern that its output must have.
    rounds:
        It takes long, and is measured in the first ones only.

    """

    command: Sequence[str]
    folder: Path = ROOT
    environ: Mapping[str, str] | None = None
    keys: bytes = b""
    status: int = 0
    expected: str = ""
    rounds: int | None = None


def in_rounds(ways: Mapping[str, Way], rounds: int) -> dict[str, Taken]:
    """Return the medians of each way; in a round all are measured, one after the other.

    So all see the same load of the machine.
    """
    taken: dict[str, list[Taken]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, way in ways.items():
            if way.rounds is None or number < way.rounds:
                taken[name].append(measured(way))
    return {
        name: Taken(*(median(column) for column in zip(*of, strict=True)))
        for name, of in taken.items()
    }


def measured(way: Way) -> Taken:
    """Call a command once; this process ends with what it said if its exit code is another."""
    begun = time.monotonic()
    child = subprocess.Popen(
        way.command, cwd=way.folder, env=environ_of(way),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if child.stdin is None or child.stdout is None:
        raise AssertionError
    child.stdin.write(way.keys)
    child.stdin.close()
    said = child.stdout.read().decode(errors="replace")
    _, ended, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(ended)
    if child.returncode != way.status or not re.search(way.expected, said):
        sys.exit(f"{way.command} ended with {child.returncode}:\n{said[-4000:]}")
    return Taken(time.monotonic() - begun, usage.ru_utime + usage.ru_stime)


def environ_of(way: Way) -> dict[str, str]:
    """Return the variables of a command."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYINFRA_PROGRESS": "off"}
    # With it, each run would compile again what no installation has compiled.
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**environ, **(way.environ or {})}
