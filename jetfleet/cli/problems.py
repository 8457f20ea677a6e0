"""Problems of a spec as a person reads them: place, source line, a mark under it, the remedy."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.cells import cell_len

from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jetfleet.spec.position import Position
    from jetfleet.spec.problem import Problem

_WIDEST = 92
"""Columns of a source line that are shown."""


def sentences(problems: Iterable[Problem]) -> str:
    """Return all problems; coloured, which `typer.echo` takes out again unless at a terminal."""
    return "\n".join(_block(problem) for problem in problems)


def values(problem: Problem) -> dict[str, Any]:
    """Return a problem as JSON values; ``line`` and ``column`` are counted from 1."""
    return {
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "key": problem.key,
        "severity": "warning" if problem.warning else "error",
        "found": problem.found,
        "expected": problem.expected,
        "remedy": problem.remedy,
        "rule": problem.rule,
    }


def _block(problem: Problem) -> str:
    place = problem.place
    severity, colour = ("warning", "yellow") if problem.warning else ("error", "red")
    key = f"{printable(problem.key)}: " if problem.key else ""
    said = printable(problem.found)
    if problem.expected:
        said = f"found {said}, expected {printable(problem.expected)}"
    where = _styled(f"{place.file}:{place.line}:{place.column}:", bold=True)
    lines = [f"{where} {_styled(f'{severity}:', fg=colour, bold=True)} {key}{said}"]
    source = _source(place)
    if source:
        gutter = f"{place.line:>5} | "
        text, before, width = source
        mark = " " * before + "^" * width
        empty = " " * (len(gutter) - 2) + "| "
        lines += [f"{gutter}{text}", f"{empty}{_styled(mark, fg=colour, bold=True)}"]
    rule = f" (jetfleet explain {problem.rule})" if problem.rule else ""
    lines.append(f"      {_styled('=', bold=True)} {printable(problem.remedy)}{rule}")
    return "\n".join(lines)


def _source(place: Position) -> tuple[str, int, int] | None:
    """Return the line of a place as shown, the columns before its mark, and the mark's width."""
    lines = _lines(place.file)
    if place.line > len(lines):
        return None
    # What a file holds goes to a terminal: no character of it may do anything there.
    text = printable(lines[place.line - 1])
    at = min(place.column - 1, len(text))
    word = text[at:]
    for end in (": ", ", ", "}", "]", " #"):
        word = word.partition(end)[0]
    word = word.rstrip(": ") or word[:1]
    if at + len(word) > _WIDEST:
        cut = max(0, at - _WIDEST // 3)
        text, at = "…" + text[cut + 1 :], at - cut
    text = text[: _WIDEST - 1] + "…" if len(text) > _WIDEST else text.rstrip()
    width = max(1, min(cell_len(word), _WIDEST - at))
    return text, cell_len(text[:at]), width


@lru_cache
def _lines(file: str) -> tuple[str, ...]:
    try:
        return tuple(Path(file).read_text(encoding="utf-8-sig").split("\n"))
    except (OSError, UnicodeDecodeError):
        return ()


def _styled(text: str, **style: Any) -> str:  # noqa: ANN401 - typer's own
    return text if os.environ.get("NO_COLOR") else typer.style(text, **style)
