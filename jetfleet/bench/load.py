"""Loads: those of the product, and a spec's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zlib import crc32

from jetfleet.errors import FleetError
from jetfleet.runtimes.benchmark import Load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.spec.bench import Bench

LOADS = (
    Load("high", "High load", 2048, 128, 100, 8),
    Load("low", "Low load", 2048, 128, 10, 1),
    Load("warm-up", "Warm-up", 1024, 128, 100),
    Load("conversation", "Conversation", 128, 64, 1000),
    Load("throughput", "High throughput", 256, 512, 1000),
    Load("long-context", "Long context", 1024, 128, 1000),
)
"""High and low load, and four scenarios, of a guide to Jetson Thor of 2025-10-04."""

GROUPS = {
    "loads": ("high", "low"),
    "scenarios": ("warm-up", "conversation", "throughput", "long-context"),
}

MOST_RUNS = 20
"""More runs would take longer than their spread is worth."""


def loads_of(words: Sequence[str], bench: Bench | None = None) -> tuple[Load, ...]:
    """Return the loads of these names, or of the groups ``loads``, ``scenarios``, ``own``, ``all``.

    A load of the spec replaces one of the product that has the same name.

    Raises
    ------
    FleetError
        A name means no load.

    """
    own = {name: load_of(name, bench) for name in bench.loads} if bench else {}
    known = {load.name: load for load in LOADS} | own
    groups = {**GROUPS, "own": tuple(own), "all": tuple(known)}
    names: list[str] = []
    for word in words:
        names += groups.get(word, (word,)) if word not in own else (word,)
    for name in names:
        if name not in known:
            listed = ", ".join([*known, *groups])
            raise FleetError(f"{name} is not a load: name one or more of {listed}")
    if not names:
        raise FleetError("the spec has no loads of its own: write them under `bench.loads`")
    return tuple(known[name] for name in dict.fromkeys(names))


def runs_of(named: str, bench: Bench) -> int:
    """Return how often each load is measured: as the command says, else as the spec does.

    Raise `FleetError` for another thing than a number.
    """
    if not named:
        return bench.runs
    if not re.fullmatch(r"[0-9]{1,3}", named) or not 1 <= int(named) <= MOST_RUNS:
        raise FleetError(f"runs={named} is not a number from 1 to {MOST_RUNS}: write runs=3")
    return int(named)


def load_of(name: str, bench: Bench) -> Load:
    """Return a load of the spec."""
    one = bench.loads[name]
    return Load(name, name, one.input, one.output, one.prompts, one.at_once, one.rate)


def seed_of(at: str, load: str, run: int) -> int:
    """Return the seed of a run's prompts: another for each load, run and time of measuring.

    A server keeps what it has read. With a seed that comes again it would measure its own cache,
    also if only the power mode has changed in between. Run 0 is the warm-up.
    """
    return crc32(f"{at} {load} {run}".encode()) & 0x7FFFFFFF
