"""JSON that a board, hub, user or file wrote, read within bounds.

It stands here because programs on a board read such JSON too.
"""

from __future__ import annotations

import json
import math
import re
from itertools import chain
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable

SIZE = 64 * 2**20
"""Most characters of a document, unless the caller names fewer."""

DEPTH = 64
"""Most levels of nesting. Docker's deepest answer has 6, a config.json of a model 5."""

DIGITS = 40
"""Most characters of a whole number; one of 64 bits has 20. More overflow a float."""

_HALF = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")


class UnreadableJson(ValueError):
    """A document that is not JSON, or is outside the bounds; the message is part of a sentence."""


def read_json(text: str | bytes, *, size: int = SIZE) -> Any:
    """Return the value of a JSON document.

    Every number of the result is finite and every text can be written as UTF-8, so the value can be
    compared, written and sent on without an error. Half of a surrogate pair becomes U+FFFD.

    Parameters
    ----------
    size:
        Most characters (of text) or bytes (of bytes) of the document.

    Raises
    ------
    UnreadableJson
        It is not JSON (RFC 8259), not UTF-8, or larger or nested deeper than the bounds.

    """
    if len(text) > size:
        raise UnreadableJson(f"it is larger than {size} bytes")
    try:
        plain = text.decode() if isinstance(text, bytes) else text
        value = json.loads(
            plain,
            parse_int=_integer,
            parse_float=_real,
            parse_constant=_constant,
        )
    except UnreadableJson:
        raise
    except UnicodeDecodeError as error:
        raise UnreadableJson(f"it is not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise UnreadableJson(f"it is nested deeper than {DEPTH} levels") from error
    except ValueError as error:
        raise UnreadableJson(str(error)) from error
    if plain.count("[") + plain.count("{") > DEPTH:
        _check_depth(value)
    # Only an escape, or text that was never UTF-8, can bring half of a pair.
    return _whole(value) if _HALF.search(plain) else value


def read_object(text: str | bytes, *, size: int = SIZE) -> dict[str, Any]:
    """Return the members of a JSON object; `UnreadableJson` for anything else, see `read_json`."""
    value = read_json(text, size=size)
    if not isinstance(value, dict):
        raise UnreadableJson("it is not a JSON object")
    return value


def _integer(digits: str) -> int:
    if len(digits) > DIGITS:
        raise UnreadableJson(f"it has a number of {len(digits)} digits")
    return int(digits)


def _real(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise UnreadableJson("it has a number that is too large")
    return value


def _constant(name: str) -> NoReturn:
    raise UnreadableJson(f"it has {name}, which is not JSON")


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(DEPTH):
        level = list(chain.from_iterable(map(_members, level)))
    if any(isinstance(one, (dict, list)) for one in level):
        raise UnreadableJson(f"it is nested deeper than {DEPTH} levels")


def _members(value: object) -> Iterable[object]:
    """Return what a list or an object holds, and nothing for another value."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _whole(value: object) -> Any:
    """Return a value with U+FFFD for each half of a surrogate pair, as Docker itself reads it."""
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
