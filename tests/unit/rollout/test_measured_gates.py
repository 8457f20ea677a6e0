"""Gates that measure: with what a board is compared, when a figure counts, and what decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jetfleet.rollout.gates.evidence import Evidence, Wave
from jetfleet.rollout.gates.judge import asks_for_floor, judge
from jetfleet.rollout.gates.key import changed
from jetfleet.rollout.gates.verdict import Verdict
from tests.support.gate_evidence import (
    LOAD,
    QUIET,
    TOKENS,
    TTFT,
    Gate,
    good,
    key,
    measured,
    record,
)  # fmt: skip

BASE = [26.0, 26.2, 25.8, 26.1, 25.9]


def times(factor: float) -> list[float]:
    return [factor * rate for rate in BASE]


def verdict(*boards: Evidence, gate: Gate = TOKENS, **more: Any) -> Verdict:
    return judge([gate], Wave(boards, **more))


def one(after: float, gate: Gate = TOKENS, **more: Any) -> Verdict:
    return verdict(measured("a", BASE, times(after)), gate=gate, **more)


@pytest.mark.parametrize(
    ("factor", "result"), [(1.0, "pass"), (1.3, "pass"), (0.8, "fail"), (0.92, "inconclusive")]
)
def test_a_board_is_compared_with_itself(factor: float, result: str) -> None:
    found = one(factor)
    assert found.result == result
    (finding,) = found.findings
    assert finding.figures["ratio"] == pytest.approx(factor, abs=0.01)
    assert finding.figures["baseline"] == ["before"]
    assert finding.figures["requests"] == 5
    assert finding.figures["low"] <= finding.figures["ratio"] <= finding.figures["high"]


@pytest.mark.parametrize(
    ("factor", "result"), [(1.0, "pass"), (0.7, "fail"), (0.8, "inconclusive")]
)
def test_a_time_must_not_rise(factor: float, result: str) -> None:
    """The time to the first token is the inverse of the rate here."""
    assert one(factor, gate=TTFT).result == result


def test_what_is_not_sure_wants_more_requests_up_to_the_most() -> None:
    (want,) = one(0.92).wants
    assert (want.host, want.service, want.requests, want.wait) == ("a", "llm", 5, False)
    most = verdict(measured("a", BASE * 6, times(0.92) * 6))
    assert (most.result, most.wants) == ("inconclusive", ())
    few = verdict(measured("a", BASE, times(0.92)[:3]))
    assert [one.requests for one in few.wants] == [2]
    assert few.reasons == ("a: tokens_per_second inconclusive: 3 of 5 requests were answered",)


def test_a_single_figure_is_no_pass_though_its_interval_is_narrow() -> None:
    assert verdict(measured("a", BASE, BASE[:1])).result == "inconclusive"
    assert verdict(measured("a", BASE[:1], BASE)).result == "inconclusive"
    assert verdict(measured("a", None, BASE), records=[record("b", BASE[:1])]).result != "pass"


def test_a_fail_wants_nothing_more() -> None:
    assert one(0.8).wants == ()


def test_one_board_that_is_too_slow_fails_among_many() -> None:
    many = [measured(str(number), BASE, BASE) for number in range(9)]
    found = verdict(*many, measured("slow", BASE, times(0.7)))
    assert found.result == "fail"
    assert found.hosts["slow"] == "fail"
    assert found.hosts["0"] == "pass"
    assert found.of_gate("tokens_per_second")[1] == ("slow",)
    assert verdict(*many, measured("slow", BASE, times(0.7)), allowed=1).result == "pass"


def test_classes_are_judged_apart() -> None:
    thor = replace(measured("t", BASE, times(0.92)), group="thor")
    found = verdict(measured("a", BASE, BASE), thor)
    assert found.result == "inconclusive"
    assert (found.hosts["a"], found.hosts["t"]) == ("pass", "inconclusive")


RECORDS = [record("a", times(1.0), at=f"2026-11-0{day}") for day in (1, 2, 3)]


@pytest.mark.parametrize(
    ("records", "kind"),
    [
        (RECORDS, "history"),
        (RECORDS[:2], None),
        ([record("b", BASE)], "class"),
        ([record("b", BASE, key=key(image={"name": "b:1"}))], None),
        ([record("b", BASE, key=key(board={"l4t": "36.5.0"}))], None),
        ([record("b", BASE, key=key(flags={"x": 1}))], None),
        ([record("b", [])], None),
        ([record("b", BASE, rubbish=1)], None),
        ([record("b", BASE, end=QUIET.model_copy(update={"throttling": ("gpu",)}))], None),
        ([*RECORDS, record("b", BASE)], "history"),
    ],
)
def test_records_stand_in_for_the_time_before(records: Any, kind: str | None) -> None:
    found = verdict(measured("a", None, BASE), records=records)
    assert found.result == ("pass" if kind else "inconclusive"), found.reasons
    if kind:
        assert found.findings[0].figures["baseline"] == [kind]
    else:
        assert "nothing was measured before the change" in found.reasons[0]


@pytest.mark.parametrize(
    ("gate", "after", "result"),
    [
        (TOKENS, 1.0, "inconclusive"),
        (Gate("tokens_per_second", {"service": "llm", "min": 20.0}), 1.0, "pass"),
        (Gate("tokens_per_second", {"service": "llm", "min": 26.0}), 1.0, "inconclusive"),
        (Gate("tokens_per_second", {"service": "llm", "min": 30.0}), 1.0, "fail"),
        (Gate("ttft_ms", {"service": "llm", "max": 50.0}), 1.0, "pass"),
        (Gate("ttft_ms", {"service": "llm", "max": 30.0}), 1.0, "fail"),
    ],
)
def test_a_change_of_the_model_counts_on_the_floor_alone(
    gate: Gate, after: float, result: str
) -> None:
    other = key(model={"quantisation": "awq"})
    board = measured("a", BASE, times(after), key=other)
    found = verdict(board, gate=gate, records=RECORDS)
    assert found.result == result, found.reasons
    if gate is TOKENS:
        assert "the change touches the quantisation" in found.reasons[0]


def test_a_plan_asks_for_a_floor() -> None:
    touched = changed(key(), key(model={"name": "n"}, board={"power_mode": "15W"}))
    (first, second) = asks_for_floor([TOKENS, Gate("verified"), TTFT], touched)
    assert "changes the power mode and the model" in first
    assert "write `min:`" in first
    assert "write `max:`" in second
    assert list(asks_for_floor([TOKENS], changed(key(), key(image={"name": "b"})))) == []
    floor = Gate("tokens_per_second", {"service": "llm", "min": 5})
    assert list(asks_for_floor([floor], touched)) == []


def hot(factor: float) -> Evidence:
    return measured("control", BASE, times(factor))


@pytest.mark.parametrize(
    ("canary", "control", "result", "why"),
    [
        (0.8, 1.0, "fail", ""),
        (0.8, 0.8, "inconclusive", "moved the same way"),
        (0.8, 0.86, "inconclusive", "moved the same way"),
        (0.5, 0.9, "fail", ""),
        (1.0, 1.0, "pass", ""),
        (1.0, 1.2, "inconclusive", "became better"),
        (1.0, 0.8, "pass", ""),
    ],
)
def test_unchanged_boards_tell_a_hot_room_from_a_bad_change(
    canary: float, control: float, result: str, why: str
) -> None:
    found = one(canary, controls=[hot(control)])
    assert found.result == result
    assert why in "".join(found.reasons)
    assert found.findings[-1].figures["control"] == pytest.approx(control, abs=0.01)


def test_a_control_of_another_class_or_without_figures_says_nothing() -> None:
    for other in (replace(hot(0.8), group="thor"), good(host="control"), measured("c", None, BASE)):
        found = one(0.8, controls=[other])
        assert found.result == "fail"
        assert found.findings[-1].figures["control"] is None


def conditions(**more: Any) -> Any:
    return QUIET.model_copy(update=more)


@pytest.mark.parametrize(
    ("begin", "end", "why"),
    [
        ({"power_mode": "15W"}, {"power_mode": "15W"}, "the power mode was MAXN before and is 15W"),
        ({"clocks_locked": False}, {"clocks_locked": False}, "clocks are locked was yes before"),
        ({}, {"power_mode": "15W"}, "changed from MAXN to 15W while it was measured"),
        ({}, {"throttling": ("gpu",)}, "throttles it changed from nothing to gpu"),
        ({"throttling": ("gpu",)}, {"throttling": ("gpu",)}, "was nothing before and is gpu now"),
        ({}, {"over_current": {"oc3": 1}}, "it met oc3 while it was measured"),
        ({"power_mode": None}, {"power_mode": None}, "could not be read"),
    ],
)
@pytest.mark.parametrize("factor", [0.5, 1.0])
def test_other_circumstances_are_no_comparison(
    begin: Any, end: Any, why: str, factor: float
) -> None:
    at = {"begin": conditions(**begin), "end": conditions(**end)}
    found = verdict(measured("a", BASE, times(factor), **at))
    assert found.result == "inconclusive"
    assert why in found.reasons[0]


def test_another_client_is_waited_for() -> None:
    busy = verdict(measured("a", BASE, [], disturbed=4))
    assert busy.result == "inconclusive"
    assert busy.reasons == ("a: tokens_per_second inconclusive: another client loads the server",)
    assert [(want.requests, want.wait) for want in busy.wants] == [(5, True)]


@pytest.mark.parametrize(
    ("before", "after", "result"),
    [
        ({}, {"rubbish": 3}, "fail"),
        ({"rubbish": 5}, {"rubbish": 5}, "pass"),
        ({}, {"rubbish": 2}, "pass"),
        ({}, {"failed": 6, "error": "500"}, "fail"),
        ({"failed": 6}, {"failed": 6}, "inconclusive"),
        ({}, {"failed": 1}, "pass"),
        ({}, {"streamed": False}, "inconclusive"),
    ],
)
def test_fast_rubbish_is_no_pass(before: Any, after: Any, result: str) -> None:
    board = measured("a", BASE, BASE, **after)
    board = replace(board, probed_before={"llm": record("a", BASE, **before)})
    assert verdict(board).result == result


def test_no_answer_at_all_after_the_change_fails() -> None:
    assert verdict(measured("a", BASE, [], failed=5, error="timed out")).result == "fail"
    assert verdict(measured("a", None, [], failed=5)).result == "inconclusive"
    assert verdict(good(host="a")).result == "inconclusive"


@pytest.mark.parametrize(
    ("seconds", "result"), [(60.0, "pass"), (70.0, "inconclusive"), (600.0, "inconclusive")]
)
def test_one_slow_start_does_not_fail(seconds: float, result: str) -> None:
    found = verdict(measured("a", BASE, BASE, load_seconds=seconds), gate=LOAD)
    assert found.result == result
    assert found.wants == ()


def test_slow_starts_of_a_class_fail() -> None:
    boards = [measured(str(n), BASE, BASE, load_seconds=90.0) for n in range(3)]
    assert verdict(*boards[:2], gate=LOAD).result == "inconclusive"
    assert verdict(*boards, gate=LOAD).result == "fail"
    unknown = measured("a", BASE, BASE, load_seconds=None)
    assert verdict(unknown, gate=LOAD).result == "inconclusive"
