"""Benchmarks side by side: what a line is called, and which figure is the best."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from jetfleet.bench.result import Figures, Run
from jetfleet.bench.table import compare, markdown, settings_of
from tests.support.bench_runs import POSSIBLE


def test_source_003s_power_modes_side_by_side() -> None:
    low, high = compare(POSSIBLE)
    assert high.title == "High load: 100 prompts of 2048 + 128 tokens, 8 at once"
    assert low.title == "Low load: 10 prompts of 2048 + 128 tokens, 1 at once"
    # Most throughput and least TPOT: MAXN with locked clocks; least TTFT under load: 120W locked.
    assert (high.best, low.best) == ((1, 1, 3, 1), (1, 1, 1, 1))
    assert high.lines[1].setting == "MAXN, clocks locked"
    assert high.lines[1].figures == ("2.33", "298.07", "495.44", "22.59")
    assert high.lines[1].spread == "±0.7 %"
    assert not any(line.notes for line in (*low.lines, *high.lines))


def at_point(run: Run, point: str, **facts: Any) -> Run:
    model = run.model.model_copy(update={"name": facts.pop("model", run.model.name)})
    return run.model_copy(update={"point": point, "model": model, **facts})


def test_the_points_of_a_sweep_are_named_by_their_titles() -> None:
    first, second, *_ = POSSIBLE
    sweep = [at_point(first, "BF16", model="qwen3-8b"), at_point(second, "Int4", model="qwen3-4")]
    assert settings_of(sweep) == ["BF16", "Int4"], "model, clocks and size are those of the point"
    boards = [*sweep, *(at_point(run, run.point, host="other") for run in sweep)]
    assert settings_of(boards) == ["thor, BF16", "thor, Int4", "other, BF16", "other, Int4"]
    hot = second.board.model_copy(update={"throttling": ("gpu",)})
    again = at_point(second, "Int4", model="qwen3-4", board=hot, at="2025-10-09T00-00-00Z")
    assert settings_of([*sweep, again]) == ["BF16", "Int4", "throttled, Int4"]
    mixed = settings_of([sweep[0], second])
    assert mixed[0].endswith(", BF16")
    assert "clocks locked" in mixed[1], "a run outside of a sweep has no title"


def test_equal_settings_have_their_times_beside_them() -> None:
    first, second, *_ = POSSIBLE
    later = first.model_copy(update={"at": "2025-10-09T00-00-00Z"})
    assert settings_of([first, later]) == [first.at, later.at]
    assert settings_of([first, second, later]) == [
        f"clocks free, {first.at}", "clocks locked", f"clocks free, {later.at}",
    ]  # fmt: skip


def test_a_figure_that_was_not_measured_is_never_the_best() -> None:
    """The time of a token is not known where the server answers in one piece."""
    run = POSSIBLE[0]
    runs = tuple(one.model_copy(update={"mean_tpot_ms": 0.0}) for one in run.loads["low"].runs)
    low = run.loads["low"].model_copy(update={"runs": runs})
    one, *_ = compare([run.model_copy(update={"loads": {"low": low}}), POSSIBLE[1]])
    assert one.lines[0].figures[3] == "-"
    assert one.best[3] == 1


@pytest.mark.parametrize("figure", [-1, "nan", "inf", 1e300, "much", None, [1]])
def test_a_figure_that_cannot_be_drawn_is_no_result(figure: Any) -> None:
    Figures.model_validate({"mean_tpot_ms": 8.88})
    with pytest.raises(ValidationError):
        Figures.model_validate({"mean_tpot_ms": figure})


def test_markdown_marks_the_best_and_escapes_what_was_read() -> None:
    text = markdown(POSSIBLE)
    assert "**298.07**" in text
    assert text.count("**457.83**") == 1
    board = POSSIBLE[0].board.model_copy(update={"power_mode": "a|*b*"})
    named = POSSIBLE[0].model_copy(update={"board": board})
    assert r"a\|\*b\*" in markdown([named])
    assert "**" not in markdown([named]), "nothing is best among one"
