"""What several runs of one load have in common: their median, and how far they lie apart."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.bench.result import Figures, Measured

WIDE = 0.05
"""Spread above which a difference of this size between two settings shows nothing."""

CACHED = 0.01
"""Share of the prompts above which a cache has made a run faster than the board is."""


class Range(NamedTuple):
    """A figure of several runs."""

    middle: float
    least: float
    most: float


def middle(measured: Measured, field: str) -> float:
    """Return the median of a figure over the runs."""
    return float(median(_values(measured.runs, field)))


def spread(measured: Measured, field: str) -> float | None:
    """Return half the distance of the extremes, as a share of the median; None for one run."""
    values = _values(measured.runs, field)
    centre = median(values)
    if len(values) < 2 or not centre:  # noqa: PLR2004 - one run has no spread
        return None
    return (max(values) - min(values)) / 2 / centre


def range_of(measured: Measured, field: str) -> Range:
    """Return the median of a figure, and its least and its largest value."""
    values = _values(measured.runs, field)
    return Range(float(median(values)), min(values), max(values))


def cached_share(measured: Measured, repeated: int = 0) -> float | None:
    """Return the largest share of prompt tokens that came from a cache; None: not counted.

    The requests that the program repeated itself do not count.
    """
    own = repeated * measured.shape.input
    shares = [
        max(0, run.cached_tokens - own) / total
        for run in measured.runs
        if run.cached_tokens is not None and (total := _input(measured, run))
    ]
    return max(shares) if len(shares) == len(measured.runs) else None


def lost(measured: Measured) -> int:
    """Return the requests of all runs that got no answer."""
    return sum(max(0, measured.shape.prompts - run.completed) for run in measured.runs)


def _input(measured: Measured, run: Figures) -> int:
    return run.total_input_tokens or measured.shape.input * measured.shape.prompts


def _values(runs: Sequence[Figures], field: str) -> list[float]:
    return [float(getattr(run, field)) for run in runs]
