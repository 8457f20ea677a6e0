"""Loads of a benchmark: those of the product, a spec's own, and how often each is measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jetfleet.bench.load import LOADS, loads_of, runs_of
from jetfleet.errors import FleetError
from jetfleet.runtimes.benchmark import Load
from jetfleet.spec.bench import Bench
from tests.support.bench_runs import HIGH, LOW, QWEN


def test_loads_by_name_and_by_group() -> None:
    assert loads_of(["all"]) == LOADS
    assert [load.name for load in loads_of(["low", "loads"])] == ["low", "high"]
    with pytest.raises(FleetError, match="hihg is not a load: name one or more of high, low"):
        loads_of(["hihg"])


def test_the_number_of_runs_is_that_of_the_command_then_of_the_spec() -> None:
    assert (runs_of("", Bench()), runs_of("", Bench(runs=7)), runs_of("5", Bench(runs=7))) == (
        3, 7, 5,
    )  # fmt: skip
    for wrong in ("0", "21", "-1", "3.5", "x", "9" * 40, "\u0663"):
        with pytest.raises(FleetError, match="is not a number from 1 to 20: write runs=3"):
            runs_of(wrong, Bench())


def test_a_load_that_does_not_fit_the_context_is_left_out() -> None:
    assert replace(QWEN, context=2176).fitting(LOADS) == LOADS
    small = replace(QWEN, context=2175).fitting(LOADS)
    assert [load.name for load in small] == [
        "warm-up", "conversation", "throughput", "long-context"
    ]  # fmt: skip
    assert replace(QWEN, context=256).fitting([HIGH, LOW]) == ()


def test_own_loads_come_from_the_spec() -> None:
    bench = Bench.model_validate(
        {"loads": {"mine": {"input": 100, "output": 20, "prompts": 5, "at_once": 2, "rate": 1.5},
                   "low": {"input": 7, "output": 3, "prompts": 2}}}
    )  # fmt: skip
    mine, low = loads_of(["own"], bench)
    assert mine == Load("mine", "mine", 100, 20, 5, 2, 1.5)
    assert (low.input, low.at_once) == (7, None), "it replaces that of the product"
    assert loads_of(["low", "high"], bench) == (low, HIGH)
    command = QWEN.command(mine, 1, 5)
    assert command[command.index("--request-rate") + 1] == "1.5"
    with pytest.raises(FleetError, match="own, all"):
        loads_of(["other"], bench)
    with pytest.raises(FleetError, match=r"write them under `bench\.loads`"):
        loads_of(["own"])
