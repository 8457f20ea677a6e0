"""Hard gates: what each says of a board, and that a board that was not read never passes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jetfleet.rollout.gates.evidence import Evidence, Wave
from jetfleet.rollout.gates.judge import judge
from tests.support.gate_evidence import BEFORE, GIB, HARD, Gate, answer, asked, good, state

RUBBISH = "its answer is rubbish (one word that repeats)"
COUNTS = "it does not count from 1 to 10"


def said(gate: Gate, board: Evidence) -> tuple[str, str]:
    """Return the result of one gate on one board, and the first reason."""
    verdict = judge([gate], Wave([board]))
    return verdict.result, verdict.of_gate(gate.name)[2]


def test_a_board_on_which_all_is_well_passes_each() -> None:
    verdict = judge(HARD, Wave([good()]))
    assert verdict.result == "pass", verdict.reasons
    assert {one.gate for one in verdict.findings} == {gate.name for gate in HARD}
    assert verdict.wants == ()


@pytest.mark.parametrize("gate", HARD, ids=lambda gate: gate.name)
def test_no_data_is_never_a_pass(gate: Gate) -> None:
    nothing = replace(good(), before=None, ready=None, now=None, differences=None)
    assert said(gate, nothing)[0] == "inconclusive"
    empty = state({"services": {}, "memory": None, "disks": {}, "kills": None, "killed": None,
                   "errors": {"throttling": "it hangs"}})  # fmt: skip
    unread = replace(nothing, now=empty.model_copy(update={"checked": {}}))
    assert said(gate, unread)[0] == "inconclusive"


@pytest.mark.parametrize(
    ("before", "now", "result", "why"),
    [
        ({}, {"ok": False, "reason": "it generates rubbish"}, "fail", "rubbish"),
        ({}, {"answers": (answer(doubts=(RUBBISH,)),)}, "fail", "which was not so before"),
        ({}, {"answers": (answer(doubts=(COUNTS,)),)}, "fail", "which was not so before"),
        ({}, {"answers": (answer(image=answer(doubts=(RUBBISH,))),)}, "fail", "of a picture"),
        # A model so small that it wrote rubbish before, of another sort.
        (
            {"answers": (answer(doubts=("its answer is rubbish (letters)",)),)},
            {"answers": (answer(doubts=(RUBBISH,)),)},
            "pass",
            "",
        ),
        ({"answers": ()}, {"answers": (answer(doubts=(RUBBISH,)),)}, "inconclusive", "not asked"),
        ({"answers": ()}, {"answers": (answer(doubts=(COUNTS,)),)}, "pass", ""),
        ({"ok": False}, {"answers": (answer(),)}, "pass", ""),
        ({}, {"answers": ()}, "pass", ""),  # a server without models
    ],
)
def test_an_answer_counts_against_the_change(
    before: dict[str, Any], now: dict[str, Any], result: str, why: str
) -> None:
    board = good(before=asked(BEFORE, **before), now=asked(state(), **now))
    found, reason = said(Gate("verified"), board)
    assert found == result
    assert why in reason


def test_what_a_second_plan_finds_is_named() -> None:
    board = good(differences=("the power mode is 15W",))
    assert said(Gate("in-sync"), board) == ("fail", "the power mode is 15W")


@pytest.mark.parametrize(
    ("ready", "now", "result"),
    [
        (state(), state(), "pass"),
        (state(), state(since=170.0, restarts=1), "fail"),
        (state(), state(since=170.0), "fail"),  # a person or Docker did it
        (state(), state(restarts_in_docker=1), "fail"),
        (state(), state({"boot": "b"}), "fail"),
        (None, state(), "pass"),
        (None, state(restarts=2), "fail"),
        (None, state(restarts_in_docker=1), "fail"),
        # The change did not start it: it still has the count from before.
        (None, state(restarts=3, began=10.0, since=70.0), "pass"),
        (None, state(active="activating", since=None), "inconclusive"),
        (state(active="activating", since=None), state(), "pass"),
        (state(active="activating", since=None), state(restarts=1), "fail"),
    ],
)
def test_a_restart_since_the_change(ready: Any, now: Any, result: str) -> None:
    before = state(restarts=3, began=10.0, since=70.0)
    assert said(Gate("no-restarts"), good(before=before, ready=ready, now=now))[0] == result


OLD, NEW = {"at": 50.0, "name": "old"}, {"at": 150.0, "name": "python3"}


@pytest.mark.parametrize(
    ("before", "now", "result", "why"),
    [
        ({"kills": 2}, {"kills": 2, "killed": [OLD]}, "pass", ""),
        ({"kills": 2}, {"kills": 3, "killed": [OLD, NEW]}, "fail", "ended python3 because"),
        ({"kills": 2}, {"kills": 3, "killed": None}, "fail", "1 processes"),
        ({"kills": 2, "boot": "z"}, {"kills": 1}, "fail", "1 processes"),
        (None, {"kills": 1, "killed": [OLD]}, "pass", ""),
        (None, {"kills": 1, "killed": [NEW]}, "fail", "python3"),
        (None, {"kills": 1, "killed": None}, "inconclusive", "not known when"),
        (None, {"kills": 0, "killed": None}, "pass", ""),
        ({}, {"kills": None}, "inconclusive", "does not count"),
    ],
)
def test_a_process_that_the_kernel_ended(before: Any, now: Any, result: str, why: str) -> None:
    board = good(before=None if before is None else state(before), now=state(now))
    found, reason = said(Gate("no-oom"), board)
    assert found == result
    assert why in reason


HOT = {"throttling": ["gpu-throttle-alert"]}


@pytest.mark.parametrize(
    ("before", "now", "result"),
    [
        ({}, HOT, "fail"),
        (HOT, HOT, "pass"),
        ({}, {"over_current": {"oc3": 1}}, "fail"),
        ({"over_current": {"oc3": 1}}, {"over_current": {"oc3": 1}}, "pass"),
        ({"over_current": {"oc3": 1}}, {"over_current": {"oc3": 2}}, "fail"),
        ({"over_current": {"oc3": 1}}, {"over_current": {"oc3": 1}, "boot": "b"}, "fail"),
        (None, HOT, "inconclusive"),
        (None, {}, "pass"),
    ],
)
def test_only_new_throttling_counts(before: Any, now: Any, result: str) -> None:
    board = good(before=None if before is None else state(before), now=state(now))
    assert said(Gate("throttling", {"is": "none"}), board)[0] == result


@pytest.mark.parametrize(
    ("used", "most", "result"),
    [(60, "safe", "pass"), (75, "safe", "fail"), (75, "caution", "pass"), (97, "danger", "fail")],
)
def test_the_level_of_memory(used: int, most: str, result: str) -> None:
    read = state({"memory": {"total": 100 * GIB, "available": (100 - used) * GIB}})
    assert said(Gate("memory", {"is": most}), good(now=read))[0] == result


@pytest.mark.parametrize(
    ("reserve", "result"),
    [
        ({"/": 20 * GIB}, "pass"),
        ({"/": 21 * GIB}, "fail"),
        ({"/mnt": GIB}, "inconclusive"),
        ({}, "inconclusive"),
        ({"/": GIB, "/gone": GIB}, "fail"),
    ],
)
def test_the_free_disk(reserve: dict[str, int], result: str) -> None:
    disks = {
        "/": {"mounted": True, "total": 50 * GIB, "free": 20 * GIB},
        "/gone": {"mounted": False},
    }
    assert said(Gate("disk"), good(reserve=reserve, now=state({"disks": disks})))[0] == result


def starting(seconds: float, work: int | None = None) -> Any:
    return state(active="activating", since=None, starting=seconds, work=work)


@pytest.mark.parametrize(
    ("ready", "now", "result", "waits"),
    [
        (None, starting(100), "inconclusive", True),  # the deadline is 200 s
        (None, starting(201), "inconclusive", True),
        (starting(150, 7), starting(201, 8), "inconclusive", True),
        (starting(150, 8), starting(201, 8), "fail", False),
        (None, state(active="failed"), "fail", False),
        (None, state(active="inactive", since=None), "fail", False),
        (None, state(), "pass", False),
    ],
)
def test_a_service_that_is_not_ready_yet(ready: Any, now: Any, result: str, *, waits: bool) -> None:
    verdict = judge([Gate("ready")], Wave([good(deadline=200.0, ready=ready, now=now)]))
    assert verdict.result == result, verdict.reasons
    assert bool(verdict.wants) is waits


def test_a_start_may_take_twice_as_long_as_the_last_one() -> None:
    slow = state(began=10.0, since=510.0)
    stuck = good(deadline=200.0, before=slow, ready=starting(800, 1), now=starting(900, 1))
    assert said(Gate("ready"), stuck)[0] == "inconclusive"
    assert said(Gate("ready"), replace(stuck, now=starting(1001, 1)))[0] == "fail"


def test_an_unknown_gate_is_named() -> None:
    with pytest.raises(ValueError, match=r"no-oops is not a gate: write one of verified, in-sync"):
        judge([Gate("no-oops")], Wave([good()]))
