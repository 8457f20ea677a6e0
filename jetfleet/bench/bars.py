"""Plots of benchmarks: bars as SVG, which needs no script, style, font or network."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from jetfleet.bench.table import COLUMNS
from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.bench.table import Comparison, Line

_WIDTH, _LABEL, _VALUE = 760, 280, 90
_ROW, _HEAD = 22, 34
_MOST = 44
"""Most characters of a label; the whole one is its tooltip."""

_BEST, _OTHER, _FALSE = "#1a7f37", "#4c78a8", "#b9b9b9"


def svg(one: Comparison) -> str:
    """Return a plot of a load: for each figure a group of bars, one for each benchmark.

    A line across the end of a bar reaches from the least to the largest of its runs. A figure that
    cannot be true has a grey bar that gives no scale to the others, and a "!".
    """
    rows = len(one.lines)
    height = _HEAD + len(COLUMNS) * (_HEAD + rows * _ROW) + 8
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    font = 'font-family="sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" {font}>',
        f"<title>{_text(one.title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="8" y="20" font-size="14" font-weight="bold">{_text(one.title)}</text>',
    ]
    for column in range(len(COLUMNS)):
        parts += _group(one, column, _HEAD + column * (_HEAD + rows * _ROW))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _group(one: Comparison, column: int, top: int) -> Iterator[str]:
    its = COLUMNS[column]
    better = "more is better" if its.more else "less is better"
    yield (
        f'<text x="8" y="{top + 22}" font-weight="bold">{_text(its.title)}'
        f'<tspan font-weight="normal" fill="#666666">, {better}</tspan></text>'
    )
    true = [line for line in one.lines if not line.false]
    scale = max((line.ranges[column].most for line in true or one.lines), default=0.0) or 1.0
    for number, line in enumerate(one.lines):
        best = one.is_best(number, column)
        bar = _Bar(line, one.marked(number, column), column, best=best)
        yield from _bar(bar, top + _HEAD + number * _ROW, scale)


@dataclass(frozen=True)
class _Bar:
    line: Line
    figure: str
    column: int
    best: bool


def _bar(bar: _Bar, top: int, scale: float) -> Iterator[str]:
    line, room = bar.line, _WIDTH - _LABEL - _VALUE
    middle, least, most = (min(1.0, one / scale) * room for one in line.ranges[bar.column])
    colour = _FALSE if line.false else _BEST if bar.best else _OTHER
    whole = printable(line.setting)
    label = whole if len(whole) <= _MOST else whole[: _MOST - 1] + "…"
    yield (
        f'<text x="{_LABEL - 8}" y="{top + 14}" text-anchor="end">{_text(label)}'
        f"<title>{_text(whole)}</title></text>"
    )
    yield f'<rect x="{_LABEL}" y="{top + 3}" width="{middle:.1f}" height="15" fill="{colour}"/>'
    if most > least:
        y = top + 10.5
        yield (
            f'<path d="M{_LABEL + least:.1f} {y}H{_LABEL + most:.1f}M{_LABEL + least:.1f} {y - 4}'
            f'v8M{_LABEL + most:.1f} {y - 4}v8" stroke="#222222" fill="none"/>'
        )
    yield (f'<text x="{_LABEL + max(middle, most) + 6:.1f}" y="{top + 14}">{bar.figure}</text>')


def _text(words: str) -> str:
    return escape(printable(words))
