"""The reader of JSON that a board, hub, user or file wrote: its value, or its one error."""

from __future__ import annotations

import json
import random

import pytest

from jetfleet.board.foreign_json import DEPTH, DIGITS
from jetfleet.text import UnreadableJson, read_json, read_object

REFUSED = {
    "": "Expecting value",
    "\ufeff{}": "BOM",
    "{": "Expecting property name",
    '{"a": 1} trailing': "Extra data",
    "[" * 100_000: "deeper than 64 levels",
    '{"a":' * 100_000: "deeper than 64 levels",
    "[" * (DEPTH + 1) + "]" * (DEPTH + 1): "deeper than 64 levels",
    "9" * (DIGITS + 1): "a number of 41 digits",
    "-" + "9" * 5000: "a number of 5001 digits",
    "1e999": "a number that is too large",
    "-1e999": "a number that is too large",
    "NaN": "has NaN",
    "[Infinity]": "has Infinity",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: ascii(text[:12]))
def test_a_document_outside_the_bounds_has_one_error(text: str) -> None:
    with pytest.raises(UnreadableJson, match=REFUSED[text]):
        read_json(text)


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(UnreadableJson, match="not UTF-8 at byte 1"):
        read_json(b'"\xff"')


def test_a_large_document_is_refused_before_it_is_read() -> None:
    with pytest.raises(UnreadableJson, match="larger than 10 bytes"):
        read_json('"12345678901"', size=10)


@pytest.mark.parametrize("value", [None, [], "x", 7, True])
def test_an_object_is_asked_for_by_its_own_reader(value: object) -> None:
    assert read_json(json.dumps(value)) == value
    with pytest.raises(UnreadableJson, match="not a JSON object"):
        read_object(json.dumps(value))


@pytest.mark.parametrize(
    "text", ["[" * DEPTH + "]" * DEPTH, r'"\ud83d\ude00"', '{"a": [1, 2.5, "ü"]}', "9" * DIGITS]
)
def test_what_is_within_the_bounds_is_read_as_it_is(text: str) -> None:
    assert read_json(text) == json.loads(text)


@pytest.mark.parametrize("text", [r'["a\ud800b"]', r'["a\uDFFFb"]', '["a\udcffb"]'], ids=ascii)
def test_half_of_a_surrogate_pair_is_replaced(text: str) -> None:
    assert read_json(text) == ["a\N{REPLACEMENT CHARACTER}b"]


def test_random_bytes_are_json_or_have_the_one_error() -> None:
    chance = random.Random(10)  # noqa: S311 - the same inputs in each run
    letters = b'{}[]",:0123456789eE+-.\\u d8/tfn\xff\x00\xed\xa0\x80'
    for _ in range(20_000):
        text = bytes(chance.choices(letters, k=chance.randrange(24)))
        try:
            value = read_json(text)
        except UnreadableJson:
            continue
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
