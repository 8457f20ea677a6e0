"""Text in events. It may come from a board: here it is redacted, cleaned and bounded, once."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BeforeValidator

from jetfleet.redaction import redact
from jetfleet.text import printable, printable_lines

LINE_CHARACTERS = 4_000
"""Longest sentence, value or name."""

TEXT_CHARACTERS = 200_000
"""Longest text of a file."""

_ITEMS, _DEPTH = 1_000, 8


def _name(value: object) -> object:
    if not isinstance(value, str):
        return value
    return printable(printable_lines(_bounded(value, LINE_CHARACTERS)))


def _line(value: object) -> object:
    return _name(redact(value) if isinstance(value, str) else value)


def _text(value: object) -> object:
    if not isinstance(value, str):
        return value
    return printable_lines(_bounded(redact(value), TEXT_CHARACTERS))


def _bounded(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _json(value: object, depth: int = 0) -> object:
    if depth > _DEPTH:
        return None
    if isinstance(value, dict):
        some = list(value.items())[:_ITEMS]
        return {_name(str(name)): _json(one, depth + 1) for name, one in some}
    if isinstance(value, (list, tuple)):
        return [_json(one, depth + 1) for one in value[:_ITEMS]]
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no such number: the line could not be read again
    return _line(value)


Name = Annotated[str, BeforeValidator(_name)]
"""A name from the spec, in the form of a `Line`; it stays where a secret is a part of it."""

Line = Annotated[str, BeforeValidator(_line)]
"""One printable line of at most `LINE_CHARACTERS`, without secrets; longer text ends with "…"."""

Text = Annotated[str, BeforeValidator(_text)]
"""Printable lines without secrets, at most `TEXT_CHARACTERS` in all."""

Json = Annotated[dict[str, Any], BeforeValidator(_json)]
"""JSON of a board: every text in it is a `Line`, every list and object has at most 1000 items."""
