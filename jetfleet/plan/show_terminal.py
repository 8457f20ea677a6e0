"""A plan for people at a terminal, or in the log of a job."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from jetfleet.plan.words import WHO, costs, groups, heading, printable, summary

if TYPE_CHECKING:
    from rich.console import Console

    from jetfleet.plan.model import HostPlan, Plan

_COLOURS = {"converged": "green", "changes": "yellow", "refused": "red", "unreachable": "red"}
LOG_COLUMNS = 160
"""Width where there is no terminal to ask."""


def show(plan: Plan, console: Console) -> None:
    """Print a plan, equal hosts together; without a terminal no control characters come."""
    for names, host in groups(plan):
        console.print(Text(heading(names, host), style=f"bold {_COLOURS[host.state]}"))
        if host.resources:
            console.print(_table(host, who=plan.command == "drift"))
        _diffs(host, console)
        if host.reason:
            console.print(Text(f"  {printable(host.reason)}", style="red"))
        for line in costs(host):
            console.print(Text(f"  {line}"))
    console.print(Text(summary(plan)))


def _table(host: HostPlan, *, who: bool) -> Table:
    table = Table("resource", "attribute", "have", "want", *(("who",) if who else ()))
    for planned in host.resources:
        for number, change in enumerate(planned.changes):
            first = f"{planned.role} | {planned.title}" if number == 0 else ""
            cells = [first, change.attribute, change.have, change.want]
            if who:
                cells.append(WHO.get(planned.cause, planned.cause) if number == 0 else "")
            table.add_row(*(Text(printable(cell)) for cell in cells))
    return table


def _diffs(host: HostPlan, console: Console) -> None:
    shown: set[tuple[str, str]] = set()
    for planned in host.resources:
        for change in planned.changes:
            if change.diff and change.diff not in shown:
                shown.add(change.diff)
                for line in diff_lines(change.diff, planned.title):
                    style = {"+": "green", "-": "red"}.get(line[:1], "")
                    console.print(Text(f"  {printable(line)}", style=style))


def diff_lines(diff: tuple[str, str], title: str) -> list[str]:
    """Return a unified diff of a file's old and new text."""
    old, new = (text.splitlines() for text in diff)
    lines = difflib.unified_diff(old, new, f"{title} (have)", f"{title} (want)", lineterm="")
    return list(lines)
