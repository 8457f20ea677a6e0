"""The figures of a gate as lines: they come from boards, and may have any form of JSON."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST = 200
"""Lines of one gate: more of them nobody reads, and a board must not fill a page."""
_LONGEST = 300
_DEEPEST = 8


def figure_lines(figures: Mapping[str, object]) -> list[str]:
    """Return a line for each figure, named by its way through the values: ``orin.ratio: 0.81``."""
    return list(islice(_lines("", figures, _DEEPEST), _MOST))


def _lines(name: str, value: object, deep: int) -> Iterator[str]:
    if isinstance(value, dict) and deep:
        for key, one in value.items():
            yield from _lines(f"{name}.{key}" if name else str(key), one, deep - 1)
    elif isinstance(value, list | tuple) and deep and any(_nested(one) for one in value):
        for number, one in enumerate(value, 1):
            yield from _lines(f"{name}.{number}", one, deep - 1)
    elif value not in ("", None, [], ()):
        yield printable(f"{name}: {_text(value)}")[:_LONGEST]


def _nested(value: object) -> bool:
    return isinstance(value, dict | list | tuple)


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join("…" if _nested(one) else _text(one) for one in value)
    return "…" if _nested(value) else str(value)  # deeper than anyone reads
