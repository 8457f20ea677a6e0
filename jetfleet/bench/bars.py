"""Plots of benchmarks: bars as SVG, which needs no script, font or network."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from jetfleet.bench.table import COLUMNS
from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.bench.table import Comparison, Line

# A label is above its bar, so that a narrow screen shows both at their full size.
_WIDTH, _EDGE, _ROW, _HEAD, _TITLE, _END = 420, 8, 34, 34, 44, 10
_MOST = 46
"""Most characters of a label; the whole one is its tooltip."""

DARK = (
    "@media(prefers-color-scheme:dark){.paper{fill:#161616}.ink{fill:#eeeeee}.pale{fill:#a8a8a8}"
    ".range{stroke:#eeeeee}.bar{fill:#5b8fc9}.bar.top{fill:#3fa34d}.bar.untrue{fill:#6a6a6a}}"
)
"""Colours for a dark screen; without them a plot has those of its attributes."""

_COLOURS = {"bar top": "#1a7f37", "bar": "#4c78a8", "bar untrue": "#b9b9b9"}


def svg(one: Comparison) -> str:
    """Return a plot of a load as a file: for each figure a group of bars, one for each benchmark.

    A line across the end of a bar reaches from the least to the largest of its runs. A figure that
    cannot be true has a grey bar that gives no scale to the others, and a "!".
    """
    each = _height(one)
    height = _TITLE + len(COLUMNS) * each
    name, _, shape = printable(one.title).partition(": ")
    big = 'font-size="14" font-weight="bold"'
    parts = [
        _begin(height, one.title),
        f"<style>{DARK}</style>",
        f'<rect class="paper" width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text class="ink" x="{_EDGE}" y="19" {big}>{_text(_short(name))}</text>',
        f'<text class="pale" x="{_EDGE}" y="37" fill="#666666">{_text(_short(shape))}</text>',
    ]
    for column in range(len(COLUMNS)):
        parts += _group(one, column, _TITLE + column * each)
    return "\n".join([*parts, "</svg>"]) + "\n"


def panels(one: Comparison) -> Iterator[str]:
    """Yield a plot of each figure, for a page whose style has `DARK`."""
    for column, its in enumerate(COLUMNS):
        begin = _begin(_height(one), f"{its.title}: {one.title}")
        yield "\n".join([begin, *_group(one, column, 0), "</svg>"])


def _begin(height: int, title: str) -> str:
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    font = 'font-family="sans-serif" font-size="12"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" {font}>'
        f"<title>{_text(title)}</title>"
    )


def _height(one: Comparison) -> int:
    return _HEAD + len(one.lines) * _ROW + _END


def _group(one: Comparison, column: int, top: int) -> Iterator[str]:
    its = COLUMNS[column]
    better = "more is better" if its.more else "less is better"
    yield (
        f'<text class="ink" x="{_EDGE}" y="{top + 22}" font-weight="bold">{_text(its.title)}'
        f'<tspan class="pale" font-weight="normal" fill="#666666">, {better}</tspan></text>'
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
    line, room = bar.line, _WIDTH - 2 * _EDGE
    middle, least, most = (min(1.0, one / scale) * room for one in line.ranges[bar.column])
    kind = "bar untrue" if line.false else "bar top" if bar.best else "bar"
    bold = ' font-weight="bold"' if bar.best else ""
    yield (
        f'<text class="ink" x="{_EDGE}" y="{top + 12}"{bold}>{_text(_short(line.setting))}'
        f"<title>{_text(line.setting)}</title></text>"
    )
    yield (
        f'<text class="ink" x="{_WIDTH - _EDGE}" y="{top + 12}" text-anchor="end"{bold}>'
        f"{_text(bar.figure)}</text>"
    )
    yield (
        f'<rect class="{kind}" x="{_EDGE}" y="{top + 17}" width="{middle:.1f}" height="11" '
        f'fill="{_COLOURS[kind]}"/>'
    )
    if most > least:
        y = top + 22.5
        yield (
            f'<path class="range" d="M{_EDGE + least:.1f} {y}H{_EDGE + most:.1f}'
            f'M{_EDGE + least:.1f} {y - 3}v6M{_EDGE + most:.1f} {y - 3}v6" '
            f'stroke="#222222" fill="none"/>'
        )


def _short(words: str) -> str:
    whole = printable(words)
    return whole if len(whole) <= _MOST else whole[: _MOST - 1] + "…"


def _text(words: str) -> str:
    return escape(printable(words))
