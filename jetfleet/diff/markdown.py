"""Show a difference as a comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.diff.report import effects, heading
from jetfleet.text.markdown import code_block, in_comment, inline_code, table_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.diff.fleet import Group
    from jetfleet.diff.report import Report
    from jetfleet.diff.row import Row

LARGEST = 60_000
"""Most characters of a comment: GitHub refuses more than 65536, and CI may add some."""


def markdown(report: Report) -> str:
    """Return the report as GitHub's and GitLab's Markdown, no longer than a comment may be.

    The first line is a comment that names the spec, by which CI finds the comment to replace.
    """
    head = [
        f"<!-- jetfleet diff {in_comment(report.spec)} -->",
        f"### jetfleet: {report.verdict}",
        "",
        inline_code(report.title),
        "",
    ]
    notes = (*report.notes, *(f"not locked: {gap}" for gap in report.not_locked))
    head += [f"> {inline_code(note)}  " for note in notes] + [""] * bool(notes)
    groups = report.difference.groups
    parts = ["\n".join(_group(group)) for group in groups]
    room = LARGEST - sum(map(len, head)) - 300
    while sum(map(len, parts)) > room and any(parts):
        longest = max(range(len(parts)), key=lambda at: len(parts[at]))
        short = f"**{heading(groups[longest])}** {_names(groups[longest], 20)}: too long for a "
        short += "comment; `jetfleet diff` shows it.\n"
        if len(short) >= len(parts[longest]):
            parts = ["There is more than a comment can hold: `jetfleet diff` shows all of it.\n"]
            break
        parts[longest] = short
    return "\n".join([*head, *parts])


def _group(group: Group) -> Iterator[str]:
    if group.kind in {"same", "removed"}:
        yield f"**{heading(group)}**: {_names(group, 40)}\n"
        return
    yield f"<details{'' if group.kind == 'added' else ' open'}>"
    yield f"<summary><b>{heading(group)}</b></summary>\n"
    yield f"{_names(group, 200)}\n"
    yield from (f"- {inline_code(said)}" for said in effects(group))
    table = [row for row in group.rows if not row.diff]
    if table:
        yield "\n| resource | attribute | have | want |\n|---|---|---|---|"
        yield from (_table_row(row) for row in table)
    for row in group.rows:
        if row.diff:
            yield f"\n{inline_code(row.resource)} ({row.change})"
            yield from code_block(row.diff, "diff")
    yield "\n</details>\n"


def _table_row(row: Row) -> str:
    want = "no longer managed, stays" if row.change == "released" else row.want
    cells = (row.resource, row.attribute, row.have, want)
    return table_row(map(inline_code, cells))


def _names(group: Group, most: int) -> str:
    names = ", ".join(map(inline_code, group.hosts[:most]))
    rest = len(group.hosts) - most
    return f"{names} and {rest} more" if rest > 0 else names
