"""What an answer to the easy question shows: rubbish, a wrong count, or nothing wrong."""

from __future__ import annotations

import pytest

from jetfleet.board.question import miscounted, rubbish

COUNTED = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10"
RUBBISH = {
    "\n" * 30: "only blanks",
    "!" * 32: "no letter and no digit",
    "1, " * 10: "one text that repeats",
    "0" * 32: "one text that repeats",
    "of of of of of of of of": "one text that repeats",
    "lantern " * 8: "one word that repeats",
    "a\ufffd\ufffd\ufffd": "characters that cannot be decoded",
    "a\x00\x01 b": "control characters",
    "getMonth Pokemon ŵ 的地 привет ไทย": "letters of CJK, CYRILLIC, LATIN, THAI",
}


@pytest.mark.parametrize("text", RUBBISH)
def test_rubbish_is_named(text: str) -> None:
    assert rubbish(text) == RUBBISH[text]


@pytest.mark.parametrize(
    "text",
    [
        COUNTED,
        "Hi!",
        "4",
        "...",
        "the board sees a road with two lanes and one red truck",
        "<think>\nOkay, the user wants me to count from 1 to 10 in digits",
        "好的 1, 2, 3, 4, 5, 6, 7, 8, 9, 10",
        "はい、数えます。一、二、三 OK 한국어",
        "I see a solid red square \ufffd",
        "1\n2\n3\n4\n5\n6\n7\n8\n9\n10",
        "µ = 4 π and λ of a circle",
        "```python\nprint(*range(1, 11))\n```",
        "{'a': 1}\r\n\tand so on, and so on",
    ],
)
def test_what_a_model_may_write_is_not_rubbish(text: str) -> None:
    assert not rubbish(text)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (COUNTED, False),
        ("Sure! 1,2,3,4,5,6", False),
        ("one, two, three, Four, five, six", False),
        ("1\n2\n3\n4\n5\n6\n7", False),
        ("<think>\nOkay, the user wants", False),
        ("Okay, so I need to count from 1 to 10 in digits", False),
        ("<|channel|>analysis<|message|>The user wants", False),
        ("[THINK]First, I need to", False),
        ("\u25c1think\u25b7The user asks", False),
        ("<reasoning>\nThe task is", False),
        ("The thinking man sees a road", True),
        ("The board sees a road", True),
        ("456", True),
        ("", True),
    ],
)
def test_counting_is_seen(text: str, wrong: bool) -> None:  # noqa: FBT001 - of a table
    assert miscounted(text) is wrong
