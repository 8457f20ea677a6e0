"""Levels of memory use.

CPU and GPU of a Jetson share its memory, so a board that runs out takes its server with it. The
levels are those measured on an Orin Nano of 8 GB (source 002, "9.3.3": under 70 % safe, to 85 %
to be watched, to 95 % dangerous, above forbidden).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MemoryLevel:
    """One of the four levels.

    Parameters
    ----------
    name:
        One word, the same in tables, plans and JSON.
    below:
        Share of the memory in use at which the level ends; 0 to 1.
    colour:
        As rich and HTML know it; never the only sign of the level.
    advice:
        What to do about it.

    """

    name: str
    below: float
    colour: str
    advice: str


LEVELS = (
    MemoryLevel("safe", 0.70, "green", "nothing to do"),
    MemoryLevel("caution", 0.85, "yellow", "keep an eye on it"),
    MemoryLevel("danger", 0.95, "red", "the next large request may end the server"),
    MemoryLevel("forbidden", float("inf"), "magenta", "the board cannot hold this"),
)


def memory_level(share: float) -> MemoryLevel:
    """Return the level of a share of the memory that is in use, 0 to 1 (or above, if planned)."""
    return next(level for level in LEVELS if share < level.below)
