"""Boards whose figures count, beside those that they are compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.rollout.gates.baseline import Baseline
    from jetfleet.rollout.gates.interval import Interval, Runs


@dataclass(frozen=True)
class Compared:
    """A board whose figures count, with what they are compared with."""

    host: str
    after: Runs
    base: Baseline


def samples(boards: Sequence[Compared]) -> int:
    """Return the samples on the side that has fewer."""
    sides = ([one.after for one in boards], [one.base.runs for one in boards])
    return min(sum(len(run) for runs in side for run in runs) for side in sides)


def sentence(ratio: Interval) -> str:
    """Return a ratio with its interval in words."""
    return f"{ratio.ratio:.3f} of before ({ratio.low:.3f} to {ratio.high:.3f})"


def figures_of(
    ratio: Interval, boards: Sequence[Compared], control: Interval | None
) -> dict[str, Any]:
    """Return what a ratio was decided by, as values of JSON."""
    return {
        "ratio": round(ratio.ratio, 4),
        "low": round(ratio.low, 4),
        "high": round(ratio.high, 4),
        "boards": [one.host for one in boards],
        "requests": min(sum(map(len, one.after)) for one in boards),
        "baseline": sorted({str(one.base.kind) for one in boards}),
        "control": None if control is None else round(control.ratio, 4),
    }
