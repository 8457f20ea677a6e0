"""Show a difference on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.diff.report import effects, heading
from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jetfleet.diff.fleet import Group
    from jetfleet.diff.report import Report
    from jetfleet.diff.row import Row

    Style = Callable[[str, str], str]
    """Returns text in a colour: ``style("+a", "green")``."""

_NAMED = 8
"""Most hosts of an unchanged group that are listed by name."""


def text(report: Report, style: Style) -> str:
    """Return the report as lines without control characters."""
    return "\n".join(_lines(report, lambda words, colour: style(printable(words), colour)))


def _lines(report: Report, style: Style) -> Iterator[str]:
    yield style(report.title, "bold")
    for note in (*report.notes, *(f"not locked: {gap}" for gap in report.not_locked)):
        yield style(f"note: {note}", "yellow")
    for group in report.difference.groups:
        yield ""
        yield style(heading(group), "bold")
        yield printable(f"  {_names(group)}")
        for row in group.rows:
            yield from _row(row, style)
        for effect in effects(group):
            yield f"  {style('=>', 'yellow')} {printable(effect)}"
    yield ""
    yield report.verdict


def _names(group: Group) -> str:
    if group.kind == "same" and len(group.hosts) > _NAMED:
        return f"{', '.join(group.hosts[:_NAMED])}, …"
    return ", ".join(group.hosts)


def _row(row: Row, style: Style) -> Iterator[str]:
    sign = {"added": "+", "changed": "~", "removed": "-", "released": "-"}[row.change]
    head = style(f"{sign} {row.resource}", "cyan")
    if row.diff:
        yield f"  {head}"
        colours = {"+": "green", "-": "red", "@": "magenta"}
        yield from (
            f"      {style(line.expandtabs(4), colours.get(line[:1], ''))}" for line in row.diff
        )
        return
    said = {
        "added": row.want,
        "changed": f"{row.have} -> {row.want}",
        "removed": f"{row.have}: it is removed",
        "released": f"{row.have}: no longer managed, it stays",
    }[row.change]
    yield f"  {head} {printable(f'{row.attribute}: {said}')}"
