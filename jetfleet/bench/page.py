"""Benchmarks as one page of HTML with plots and tables, and as Markdown with plots beside it."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from typing import TYPE_CHECKING

from jetfleet.atomic_write import atomic_write
from jetfleet.bench.bars import DARK, panels, svg
from jetfleet.bench.table import COLUMNS, common_of, compare, markdown, notes_of
from jetfleet.errors import FleetError
from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from jetfleet.bench.result import Run
    from jetfleet.bench.table import Comparison

_STYLE = (
    "body{font-family:sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}"
    ".plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr))}"
    "svg{max-width:100%;height:auto}.wide{overflow-x:auto}"
    "table{border-collapse:collapse}th,td{padding:.2rem .6rem;border-bottom:1px solid #ccc}"
    "th:first-child,td:first-child{min-width:9rem;text-align:left}"
    "td+td,th+th{text-align:right;white-space:nowrap}"
    ".best{font-weight:bold}.false{color:#7a5c00}"
    "@media(prefers-color-scheme:dark){body{background:#161616;color:#eee}"
    "th,td{border-color:#555}.false{color:#e0b840}}"
) + DARK

_MARKS = (
    "* is the best figure of its column, and ! one that cannot be true. The line at the end of a "
    "bar reaches from the least to the largest of its runs."
)


def html_page(runs: Sequence[Run]) -> str:
    """Return a page that needs nothing else: no network, script or font."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Benchmarks</title><style>{_STYLE}</style></head><body>",
        f"<h1>Benchmarks</h1><p>All runs: {_text(common_of(runs))}</p>",
        f"<p>{_MARKS}</p>",
    ]
    for one in compare(runs):
        parts += _section(one)
    return "\n".join([*parts, "</body></html>"]) + "\n"


def write_page(runs: Sequence[Run], path: Path) -> None:
    """Write the page; raise `FleetError` if it cannot be written."""
    _write(path, html_page(runs))


def write_plots(runs: Sequence[Run], folder: Path) -> dict[str, str]:
    """Write a plot of each load into a folder; return the names of the files by title.

    Raise `FleetError` if one cannot be written.
    """
    found: dict[str, str] = {}
    for one in compare(runs):
        base = re.sub(r"[^A-Za-z0-9._-]", "_", one.name).lstrip(".") or "load"
        name, number = f"{base}.svg", 2
        while name in found.values():
            name, number = f"{base}-{number}.svg", number + 1
        _write(folder / name, svg(one))
        found[one.title] = name
    return found


def markdown_with_plots(runs: Sequence[Run], folder: Path) -> str:
    """Return the tables as Markdown, each with its plot, which is written into the folder."""
    plots = write_plots(runs, folder)
    return markdown(runs, {title: f"{folder.as_posix()}/{name}" for title, name in plots.items()})


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, text)
    except OSError as error:
        raise FleetError(f"{path} cannot be written: {error.strerror}") from error


def _section(one: Comparison) -> Iterator[str]:
    yield f"<h2>{_text(one.title)}</h2>"
    yield '<div class="plots">'
    yield from panels(one)
    yield "</div>"
    heads = "".join(f'<th title="{_text(its.title)}">{_text(its.short)}</th>' for its in COLUMNS)
    yield f'<div class="wide"><table><tr><th>setting</th>{heads}<th>spread</th></tr>'
    for number, line in enumerate(one.lines):
        cells = "".join(
            f'<td class="{_class(one, number, column)}">{_text(one.marked(number, column))}</td>'
            for column in range(len(COLUMNS))
        )
        yield f"<tr><td>{_text(line.setting)}</td>{cells}<td>{line.spread or '-'}</td></tr>"
    yield "</table></div>"
    yield from (f'<p class="false">! {_text(note)}</p>' for note in notes_of(one))


def _class(one: Comparison, line: int, column: int) -> str:
    if one.lines[line].false:
        return "false"
    return "best" if one.is_best(line, column) else "plain"


def _text(words: str) -> str:
    return escape(printable(words))
