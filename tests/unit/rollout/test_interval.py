"""How soon, and how surely, a slower server is known: boards with noise, as made up by a seed.

Noise of each request, and a shift of each board and run, are assumed: on hardware they are not
measured yet.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from statistics import median
from typing import NamedTuple

import pytest

from jetfleet.rollout.gates.bounds import Bounds
from jetfleet.rollout.gates.interval import Interval, interval

BOUNDS = Bounds.of("tokens_per_second", {"service": "llm"})
LATER = Bounds.of("ttft_ms", {"service": "llm"})
TRIALS = 40
FEW_DRAWS = 200


def trial(
    true: float, boards: int, noise: float, shift: float, dice: random.Random
) -> tuple[str, int]:
    """Measure boards before and after a change that makes them `true` times as fast."""
    levels = [(dice.gauss(1, shift), true * dice.gauss(1, shift)) for _ in range(boards)]
    before: list[list[float]] = [[] for _ in levels]
    after: list[list[float]] = [[] for _ in levels]
    for requests in range(BOUNDS.least, BOUNDS.most + 1, 5):
        for at, (was, now) in enumerate(levels):
            before[at] += [was * dice.gauss(1, noise) for _ in range(5)]
            after[at] += [now * dice.gauss(1, noise) for _ in range(5)]
        pairs = [((tuple(a),), (tuple(b),)) for a, b in zip(after, before, strict=True)]
        said = BOUNDS.says(interval(pairs, FEW_DRAWS), requests)
        if said:
            return said, requests
    return "", BOUNDS.most


class Row(NamedTuple):
    """Boards that become `true` times as fast, and how the verdicts on them may be shared.

    `noise` is that of a request, `shift` that of a board and run; then the least and most percent
    of passes and of fails, and the most requests to a board, as the median of the trials.
    """

    true: float
    boards: int
    noise: float
    shift: float
    passed: tuple[int, int]
    failed: tuple[int, int]
    requests: int


TABLE = [
    Row(1.00, 1, 0.03, 0.01, (90, 100), (0, 0), 10),
    Row(1.00, 2, 0.08, 0.02, (65, 100), (0, 0), 30),
    Row(1.00, 4, 0.08, 0.02, (85, 100), (0, 0), 15),
    Row(0.95, 1, 0.03, 0.01, (0, 40), (0, 3), 30),
    Row(0.92, 1, 0.03, 0.01, (0, 5), (0, 10), 30),
    Row(0.92, 4, 0.08, 0.02, (0, 5), (0, 15), 30),
    Row(0.85, 1, 0.03, 0.01, (0, 0), (90, 100), 10),
    Row(0.85, 2, 0.08, 0.02, (0, 0), (75, 100), 20),
    Row(0.85, 4, 0.08, 0.02, (0, 0), (90, 100), 15),
    Row(0.80, 1, 0.03, 0.01, (0, 0), (97, 100), 5),
    Row(0.80, 1, 0.08, 0.02, (0, 0), (85, 100), 15),
    Row(0.80, 2, 0.08, 0.02, (0, 0), (95, 100), 10),
]


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_a_verdict_is_seldom_false(row: Row) -> None:
    dice = random.Random(f"{row.true} {row.boards} {row.noise}")  # noqa: S311 - noise of a test, no secret
    results = [trial(row.true, row.boards, row.noise, row.shift, dice) for _ in range(TRIALS)]
    share = {said: 100 * count / TRIALS for said, count in Counter(s for s, _ in results).items()}
    for said, (least, most) in (("pass", row.passed), ("fail", row.failed)):
        assert least <= share.get(said, 0) <= most, share
    assert median(requests for _, requests in results) <= row.requests


def test_the_same_samples_give_the_same_interval() -> None:
    after, before = (tuple(range(20, 25)),), (tuple(range(24, 29)),)
    assert interval([(after, before)]) == interval([(after, before)])


def test_the_interval_lies_around_the_ratio() -> None:
    found = interval([(((9.0, 10.0, 11.0),), ((19.0, 20.0, 21.0),))])
    assert found.low <= found.ratio <= found.high
    assert math.isclose(found.ratio, 0.5)


def test_boards_of_other_levels_do_not_widen_it() -> None:
    """A median over all requests would jump from one board to the other."""
    slow, fast = (10.0, 10.1, 9.9, 10.0, 10.0), (100.0, 101.0, 99.0, 100.0, 100.0)
    found = interval([((slow,), (slow,)), ((fast,), (fast,))])
    assert 0.97 < found.low <= found.high < 1.03


def test_runs_that_lie_apart_widen_it() -> None:
    near = ((10.0, 10.0, 10.0),) * 3
    apart = ((9.0, 9.0, 9.0), (10.0, 10.0, 10.0), (11.0, 11.0, 11.0))
    after = ((10.0, 10.0, 10.0),)
    assert interval([(after, near)]).low == interval([(after, near)]).high
    assert interval([(after, apart)]).low < 0.95
    assert interval([(after, apart)]).high > 1.05


@pytest.mark.parametrize(
    ("low", "high", "said", "of_a_time"),
    [
        (0.80, 0.89, "fail", "pass"),
        (0.80, 0.91, "", "pass"),
        (0.95, 1.10, "pass", "pass"),
        (0.94, 1.20, "", ""),
        (1.16, 1.30, "pass", ""),
        (1.31, 1.40, "pass", "fail"),
    ],
)
def test_times_are_judged_the_other_way_round(
    low: float, high: float, said: str, of_a_time: str
) -> None:
    found = Interval((low + high) / 2, low, high)
    assert BOUNDS.says(found, 5) == said
    assert LATER.says(found, 5) == of_a_time


def test_few_figures_can_pass_and_not_fail() -> None:
    assert BOUNDS.says(Interval(0.5, 0.5, 0.5), 2) == ""
    assert BOUNDS.says(Interval(0.5, 0.5, 0.5), 3) == "fail"
    assert BOUNDS.says(Interval(1.0, 1.0, 1.0), 1) == "pass"
