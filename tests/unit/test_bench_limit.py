"""Figures that a board's memory does not allow, and what else makes a figure doubtful."""

from __future__ import annotations

from typing import Any

import pytest

from jetfleet.bench.limit import bandwidth, impossible, needed
from jetfleet.bench.result import Measured, Run
from jetfleet.bench.table import compare, notes_of
from jetfleet.catalog.modules import modules
from jetfleet.catalog.rules import rules
from tests.support.bench_runs import POSSIBLE, SOURCE_003


def with_model(run: Run, flags: dict[str, Any] | None = None, **model: Any) -> Run:
    changed = {"model": run.model.model_copy(update=model), "flags": flags or {}}
    return run.model_copy(update=changed)


def low(run: Run) -> Measured:
    return run.loads["low"]


def test_the_fp8_figures_of_source_003_are_impossible() -> None:
    """It names 8.9 GB of weights, 8.88 ms for a token, and 273 GB/s of memory bandwidth."""
    locked = with_model(SOURCE_003[1], weights=8_900_000_000)
    assert needed(locked, low(locked)) == pytest.approx(1002e9, rel=0.01)
    assert bandwidth(locked) == 273e9
    said = impossible(locked, low(locked))
    assert said.startswith("impossible: a token in 8.88 ms reads weights at 1002 GB/s or more")
    assert "the memory of agx-thor has 273 GB/s" in said
    for run in SOURCE_003:
        assert all(impossible(run, measured) for measured in run.loads.values())


def test_the_other_figures_of_source_003_are_possible() -> None:
    """BF16 reads 258 GB/s, GPTQ Int4 247 GB/s, and FP4 243 GB/s."""
    for weights, time in ((16.4e9, 63.63), (5.7e9, 23.09), (6.0e9, 24.73)):
        run = with_model(SOURCE_003[0], weights=int(weights))
        figures = low(run).runs[0].model_copy(update={"mean_tpot_ms": time})
        assert not impossible(run, low(run).model_copy(update={"runs": (figures,)}))


def test_a_rule_says_which_figures_of_source_003_are_impossible() -> None:
    known = {name: rule.why for name, rule in rules().items()}
    assert "more than the memory of the board allows" in known["fp8-thor-early"]
    assert "the same source also measured it working" in known["fp4-thor-early"]


@pytest.mark.parametrize(
    ("flags", "model"),
    [
        ({"speculative-config": {}}, {}),
        ({"quantization": "fp8"}, {}),
        ({}, {"name": "qwen3-30b-a3b"}),
        ({}, {"architecture": ("Qwen3MoeForCausalLM",)}),
        ({}, {"architecture": ("GptOssForCausalLM",)}),
        ({}, {"architecture": ("DbrxForCausalLM",)}),
        ({}, {"architecture": ("qwen3moe",)}),
        ({}, {"name": "gemma-3n-e4b"}),
        ({}, {"name": "gemma4:e2b"}),
        ({}, {"architecture": ()}),
        ({"torchao-config": "int4wo-128"}, {}),
        ({"speculative-algorithm": "EAGLE3"}, {}),
        ({}, {"weights": 0}),
        ({}, {"weights": 3_000_000_000, "embedding": 1_000_000_000}),
        ({}, {"weights": 4_000_000_000, "architecture": ("Qwen3VLForConditionalGeneration",)}),
        ({}, {"weights": 4_000_000_000, "architecture": ("qwen25vl",)}),
    ],
)
def test_nothing_is_called_impossible_that_may_be_true(
    flags: dict[str, Any], model: dict[str, Any]
) -> None:
    run = with_model(SOURCE_003[1], flags, **model)
    assert not impossible(run, low(run))


def test_an_impossible_figure_is_never_the_best() -> None:
    mixed = [with_model(SOURCE_003[0], weights=2_000_000_000), SOURCE_003[1]]
    one, *_ = compare(mixed)
    assert one.best == (0, 0, 0, 0)
    assert [line.false for line in one.lines] == [False, True]
    assert "impossible" in notes_of(one)[0]
    alone, *_ = compare(SOURCE_003)
    assert alone.best == (None,) * 4


def test_every_module_has_a_bandwidth_with_its_source() -> None:
    for module in modules().values():
        assert 30 < module.memory_gbps < 300, module.name
        assert any("data sheet" in source for source in module.sources), module.name
    super_ = modules()["orin-nano-super"], modules()["orin-nano-devkit"]
    assert [one.memory_gbps for one in super_] == [102, 68]


def changed(**figures: Any) -> Run:
    """Return a run whose low load has other figures in its last run."""
    run = POSSIBLE[0]
    first, *rest = low(run).runs
    measured = low(run).model_copy(update={"runs": (first.model_copy(update=figures), *rest)})
    return run.model_copy(update={"loads": {"low": measured}})


@pytest.mark.parametrize(
    ("figures", "note"),
    [
        ({"cached_tokens": 2048}, ""),
        ({"mean_ttft_ms": 50.0}, "its runs differ by ±21 %"),
        ({"completed": 7}, "3 requests got no answer"),
    ],
)
def test_a_doubt_is_said(figures: dict[str, Any], note: str) -> None:
    (one,) = compare([changed(**figures)])
    assert [said for said in notes_of(one) if note and note in said] or not note


def test_a_cache_that_helped_is_counted() -> None:
    """Each of the three runs has 20480 tokens of prompts."""
    run = POSSIBLE[0]

    def measured(*cached: int | None) -> Run:
        runs = tuple(
            figures.model_copy(update={"cached_tokens": tokens})
            for figures, tokens in zip(low(run).runs, cached, strict=True)
        )
        loads = {"low": low(run).model_copy(update={"runs": runs})}
        return run.model_copy(update={"loads": loads})

    assert notes_of(compare([measured(0, 100, 0)])[0]) == []
    assert notes_of(compare([measured(None, 20480, 0)])[0]) == [], "one was not counted"
    (said,) = notes_of(compare([measured(0, 19456, 0)])[0])
    assert "95 % of the prompts came from the server's cache" in said
    twice = measured(0, 2048, 0).model_copy(update={"repeated": 1})
    assert notes_of(compare([twice])[0]) == [], "the program sent one prompt twice itself"
    more = measured(0, 4096, 0).model_copy(update={"repeated": 1})
    assert "10 % of the prompts" in notes_of(compare([more])[0])[0]
