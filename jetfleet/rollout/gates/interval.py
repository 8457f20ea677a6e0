"""How sure a ratio of two measurements is: its bootstrap interval.

The samples are drawn again with replacement many times, and the ratio of the medians is taken each
time (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

DRAWS = 400
"""How often the samples are drawn: the ends of the interval move by less than 1 % with more."""

TAIL = 0.05
"""Share of the draws beyond each end: the interval holds 90 % of them."""

_SEED = 1
"""Fixed, so that the same measurements give the same verdict on every machine."""

Runs = tuple[tuple[float, ...], ...]
"""Samples by the run in which they were measured: runs differ more than requests of one run."""


@dataclass(frozen=True)
class Interval:
    """A ratio: of the samples as they are, and the two ends of its interval."""

    ratio: float
    low: float
    high: float


def interval(boards: Sequence[tuple[Runs, Runs]], draws: int = DRAWS) -> Interval:
    """Return the interval of the ratio of two measurements on some boards together.

    Of several boards it is the geometric mean of their ratios: boards of one class need not be
    equally fast.

    Parameters
    ----------
    boards:
        Of each board the runs after and the runs before. Each run has samples, all above 0.

    """
    dice = random.Random(_SEED)  # noqa: S311 - draws, not secrets
    logs = sorted(
        sum(math.log(_drawn(after, dice) / _drawn(before, dice)) for after, before in boards)
        for _ in range(draws)
    )
    cut, count = int(TAIL * draws), len(boards)
    plain = sum(math.log(_middle(after) / _middle(before)) for after, before in boards)
    low, high = logs[cut] / count, logs[draws - 1 - cut] / count
    return Interval(math.exp(plain / count), math.exp(low), math.exp(high))


def _drawn(runs: Runs, dice: random.Random) -> float:
    """Return the median of samples drawn from runs that are drawn themselves."""
    found: list[float] = []
    for _ in runs:
        run = runs[int(dice.random() * len(runs))]
        found += [run[int(dice.random() * len(run))] for _ in run]
    return median(found)


def _middle(runs: Runs) -> float:
    return median(value for run in runs for value in run)
