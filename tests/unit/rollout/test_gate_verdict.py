"""The verdict of a wave: its order and its plain form, and what holds for all that is known."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from jetfleet.rollout.gates.evidence import Evidence, Wave
from jetfleet.rollout.gates.judge import judge
from jetfleet.rollout.gates.verdict import ORDER, Finding, Verdict, worst
from jetfleet.rollout.spec.gate import FULL, GateEntry
from tests.support.gate_evidence import (
    HARD,
    LOAD,
    QUICK,
    TOKENS,
    TTFT,
    Gate,
    good,
    measured,
    state,
)  # fmt: skip

RATES = some.lists(some.floats(0.1, 1000, allow_nan=False), max_size=12)
GATES = (*HARD, TOKENS, TTFT, LOAD)
KNOWN = {
    "before": [None, state(began=10.0, since=70.0), state({"boot": "z"})],
    "ready": [None, state()],
    "now": [None, state(), state(restarts=1), state(active="activating", since=None, starting=1.0),
            state({"throttling": ["gpu"], "kills": 3})],
    "differences": [None, (), ("the power mode is 15W",)],
}  # fmt: skip


@some.composite
def boards(draw: Any) -> Evidence:
    """A board of which more or less is known, good or bad."""
    host = draw(some.sampled_from("abcd"))
    before = draw(some.none() | RATES)
    board = draw(
        some.just(good(host=host))
        | some.builds(measured, some.just(host), some.just(before), RATES)
    )
    parts = {name: draw(some.sampled_from(values)) for name, values in KNOWN.items()}
    return replace(board, group=draw(some.sampled_from(["orin", "thor"])), **parts)


def waves(most: int = 5) -> Any:
    unique = some.lists(boards(), max_size=most, unique_by=lambda one: one.host)
    return some.builds(Wave, unique, some.lists(boards(), max_size=2))


def test_the_worst_counts_and_nothing_is_inconclusive() -> None:
    assert ORDER == ("fail", "inconclusive", "pass")
    assert worst(["pass", "inconclusive", "fail"]) == "fail"
    assert worst(["pass", "inconclusive"]) == "inconclusive"
    assert worst(["pass", "pass"]) == "pass"
    assert worst([]) == "inconclusive"


@pytest.mark.parametrize("gates", [(), HARD])
def test_without_boards_or_gates_nothing_passes(gates: Any) -> None:
    assert judge(gates, Wave([])).result == "inconclusive"
    assert judge((), Wave([good()])).result == "inconclusive"


@settings(max_examples=40, deadline=None)
@given(waves(), some.lists(some.sampled_from(GATES), min_size=1, unique_by=lambda one: one.name))
def test_the_verdict_follows_from_its_findings(wave: Wave, gates: list[Gate]) -> None:
    found = judge(gates, wave)
    results = [one.result for one in found.findings]
    assert found.result == worst(results), "no board may fail and all must have an answer"
    if found.result == "pass":
        for gate in gates:
            assert found.of_gate(gate.name)[0] == "pass"
        assert set(found.hosts.values()) == {"pass"}
    else:
        assert found.reasons or not wave.boards
    assert found.result != "fail" or not found.wants
    assert judge(gates, wave) == found
    assert json.loads(json.dumps(found.plain, allow_nan=False)) == found.plain


@settings(max_examples=30, deadline=None)
@given(waves(), some.sampled_from(GATES), some.data())
def test_taking_away_what_is_known_never_makes_a_pass(wave: Wave, gate: Gate, data: Any) -> None:
    """Whatever is lost on the way, such as the answer of a board, makes no gate pass on it."""
    whole = judge([gate], wave)
    nothing: dict[str, Any] = {"now": None, "differences": None, "probed": {}}
    lost = data.draw(some.sets(some.sampled_from("abcd"), min_size=1))
    less = replace(
        wave, boards=[replace(o, **nothing) if o.host in lost else o for o in wave.boards]
    )
    after = judge([gate], less)
    for host in lost & whole.hosts.keys():
        assert after.hosts[host] != "pass", after.findings
    if lost & whole.hosts.keys():
        assert after.result != "pass"


@settings(max_examples=30, deadline=None)
@given(waves(), some.integers(0, 4), some.floats(0.1, 1))
def test_a_wave_that_allows_more_is_never_worse(wave: Wave, allowed: int, quorum: float) -> None:
    strict = judge(QUICK, wave).result
    lenient = judge(QUICK, replace(wave, allowed=allowed, quorum=quorum)).result
    if strict == "pass":
        assert lenient == "pass"
    if lenient == "fail":
        assert strict == "fail"


@pytest.mark.parametrize(
    ("bad", "unknown", "allowed", "quorum", "result"),
    [
        (0, 0, 0, 1.0, "pass"),
        (1, 0, 0, 1.0, "fail"),
        (1, 0, 1, 1.0, "pass"),
        (2, 0, 1, 1.0, "fail"),
        (0, 1, 0, 1.0, "inconclusive"),
        (0, 1, 0, 0.8, "pass"),
        (0, 2, 0, 0.8, "inconclusive"),
        (1, 1, 0, 0.8, "fail"),
        (1, 1, 1, 0.8, "pass"),
        (5, 0, 5, 0.5, "inconclusive"),
    ],
)
def test_a_wave_allows_some_boards(
    bad: int, unknown: int, allowed: int, quorum: float, result: str
) -> None:
    some_ = [good(host=f"b{n}", differences=("x",)) for n in range(bad)]
    some_ += [good(host=f"u{n}", differences=None) for n in range(unknown)]
    fine = [good(host=f"g{n}") for n in range(5 - bad - unknown)]
    assert judge(QUICK, Wave([*some_, *fine], allowed=allowed, quorum=quorum)).result == result


def test_the_gates_of_a_file_are_taken_as_they_are() -> None:
    written = GateEntry.model_validate({"tokens_per_second": {"service": "llm"}})
    found = judge((*FULL, written), Wave([measured("a", [26.0] * 5, [26.0] * 5)]))
    assert found.result == "pass", found.reasons


def test_reasons_begin_with_the_worst() -> None:
    verdict = Verdict(
        "fail",
        (
            Finding("disk", "inconclusive", "b", reason="it was not read"),
            Finding("verified", "pass", "a"),
            Finding("in-sync", "fail", "a", reason="the mode is 15W"),
            Finding("ttft_ms", "fail", group="orin"),
        ),
    )
    assert verdict.reasons == (
        "a: in-sync fail: the mode is 15W",
        "orin: ttft_ms fail",
        "b: disk inconclusive: it was not read",
    )
    assert verdict.of_gate("in-sync") == ("fail", ("a",), "the mode is 15W")
    assert verdict.of_gate("ttft_ms")[1] == ()
    assert verdict.of_gate("never-read") == ("inconclusive", (), "")


def test_figures_are_finite() -> None:
    found = judge([TOKENS], Wave([measured("a", [1e-5] * 5, [1e8] * 5)]))
    assert all(math.isfinite(found.findings[0].figures[name]) for name in ("ratio", "low", "high"))
