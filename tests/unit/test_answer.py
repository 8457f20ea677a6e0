"""How fast a model answered: in words and in figures."""

from __future__ import annotations

from typing import Any

import pytest

from jetfleet.converge.answer import figures, sentence, tokens_per_second


def answer(**other: Any) -> dict[str, Any]:
    fast = {"text": "Hello", "tokens": 16, "seconds": 2.0, "first_token_seconds": 0.5}
    return {"model": "/models/cosmos", **fast, **other}


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
    assert tokens_per_second(answer(**other)) == rate


def test_the_figures_leave_out_what_was_said() -> None:
    shown = {"text": "red", "tokens": 3, "seconds": 1.0, "first_token_seconds": 0.5}
    row = figures(answer(image=shown))
    assert "text" not in row
    assert row["first_token_seconds"] == 0.5
    assert row["image"] == {
        "tokens": 3,
        "seconds": 1.0,
        "first_token_seconds": 0.5,
        "tokens_per_second": 4.0,
    }
    assert sentence(answer(image=shown)) == (
        "says 'Hello' (first token after 0.50 s, 10.0 tokens/s); "
        "of a picture it says 'red' (first token after 0.50 s, 4.0 tokens/s)"
    )
