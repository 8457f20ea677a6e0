"""How fast a model answered: in words and in figures."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jetfleet.converge.answer import Answer, read_answers
from jetfleet.steps import Refused

FAST = {"text": "Hello", "tokens": 16, "seconds": 2.0, "first_token_seconds": 0.5}


def answer(**other: Any) -> Answer:
    return Answer.model_validate({"model": "/models/cosmos", **FAST, **other})


@pytest.mark.parametrize(
    ("other", "rate"),
    [
        ({}, 10.0),  # 15 more tokens in 1.5 s
        ({"first_token_seconds": None}, 8.0),
        ({"tokens": 1, "first_token_seconds": 2.0}, 0.5),
        ({"seconds": 0.0, "first_token_seconds": None}, 0.0),
    ],
)
def test_the_rate_is_that_of_the_tokens_after_the_first(other: dict[str, Any], rate: float) -> None:
    assert answer(**other).tokens_per_second == rate


def test_the_figures_leave_out_what_was_said() -> None:
    shown = {"text": "red", "tokens": 3, "seconds": 1.0, "first_token_seconds": 0.5}
    row = answer(image=shown).figures
    assert "text" not in row
    assert row["first_token_seconds"] == 0.5
    assert row["image"] == {
        "tokens": 3,
        "seconds": 1.0,
        "first_token_seconds": 0.5,
        "tokens_per_second": 4.0,
    }
    assert answer(image=shown).sentence == (
        "says 'Hello' (first token after 0.50 s, 10.0 tokens/s); "
        "of a picture it says 'red' (first token after 0.50 s, 4.0 tokens/s)"
    )


def test_load_memory_and_place_are_said_where_they_are_known() -> None:
    """The table of source 002: load time, first token, speed, memory, share on the GPU."""
    known = {"load_seconds": 2.5, "memory_bytes": 1_900_000_000, "gpu_share": 0.929}
    one = answer(**known)
    assert one.sentence == (
        "says 'Hello' (loaded in 2.50 s, first token after 0.50 s, 10.0 tokens/s, 1.8 GiB, "
        "92 % on the GPU)"
    )
    assert known.items() <= one.figures.items()


def test_a_doubt_is_said_and_kept() -> None:
    one = answer(doubts=["it does not count from 1 to 10"])
    assert one.sentence.endswith("tokens/s); but it does not count from 1 to 10")
    assert one.figures["doubts"] == ["it does not count from 1 to 10"]


def test_an_inference_has_outputs_and_no_tokens_a_second() -> None:
    asked = {"model": "net", "text": "", "tokens": 0, "seconds": 0.25, "outputs": ["y FP32[1]"]}
    one = Answer.model_validate(asked)
    assert one.sentence == "answers y FP32[1] (0.25 s)"
    assert one.figures == {"model": "net", "seconds": 0.25, "outputs": ["y FP32[1]"]}
    doubtful = {**asked, "outputs": [], "doubts": ["it was not asked: it is decoupled"]}
    assert Answer.model_validate(doubtful).sentence == (
        "is ready; but it was not asked: it is decoupled"
    )


def test_the_last_line_of_the_program_has_the_answers() -> None:
    said = json.dumps({"answers": [{"model": "m", **FAST}]})
    assert [one.model for one in read_answers(f"Welcome to the robot\n{said}\n")] == ["m"]
    assert read_answers('{"answers": []}') == ()


@pytest.mark.parametrize(
    "said",
    [
        "",
        "Welcome",
        "null",
        "[" * 100_000,
        '{"answers": null}',
        '{"answers": {}}',
        '{"answers": [null]}',
        '{"answers": [{"text": ["x"], "tokens": 1, "seconds": 1}]}',
        '{"answers": [{"text": "x", "tokens": -1, "seconds": 1}]}',
        '{"answers": [{"text": "x", "tokens": 1, "seconds": 1e999}]}',
        '{"answers": [{"text": "x", "tokens": 1, "seconds": 1, "gpu_share": 2}]}',
        '{"answers": [{"text": "x", "tokens": 1, "seconds": 1, "doubts": "x"}]}',
    ],
    ids=lambda said: said[:40],
)
def test_an_answer_in_another_form_is_a_refusal(said: str) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        read_answers(said)
