"""A plan for people at a terminal, or in the log of a job."""

from __future__ import annotations

import difflib
import textwrap
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from jetfleet.plan.words import WHO, costs, groups, heading, summary
from jetfleet.text import printable

if TYPE_CHECKING:
    from rich.console import Console

    from jetfleet.plan.model import HostPlan, Plan

_COLOURS = {"in-sync": "green", "changes": "yellow"}
LOG_COLUMNS = 160
"""Width where there is no terminal to ask."""
TABLE_COLUMNS = 100
"""Width from which on four columns of a table can be read; below, changes are lines."""


def show(plan: Plan, console: Console) -> None:
    """Print a plan, equal hosts together; without a terminal no control characters come."""
    for names, host in groups(plan):
        console.print(Text(heading(names, host), style=f"bold {_COLOURS.get(host.state, 'red')}"))
        who = plan.command == "drift"
        if console.width < TABLE_COLUMNS:
            _list(host, console, who=who)
        elif host.resources:
            console.print(_table(host, who=who))
        _diffs(host, console)
        if host.reason:
            _say(printable(host.reason), console, "red")
        for line in costs(host):
            _say(line, console)
    console.print(Text(summary([host.state for host in plan.hosts])))


def _say(line: str, console: Console, style: str = "", *, indent: int = 2) -> None:
    """Print a line of a host; on a terminal what does not fit goes on below, further in."""
    width = console.width if console.is_terminal else len(line) + indent
    first, further = " " * indent, " " * (indent + 2)
    filled = textwrap.fill(
        line, width, initial_indent=first, subsequent_indent=further, break_on_hyphens=False
    )
    console.print(Text(filled, style=style), soft_wrap=True)


def _list(host: HostPlan, console: Console, *, who: bool) -> None:
    """Print each resource with its changes below it, or beside it where there is room for one."""
    for planned in host.resources:
        cause = f" ({WHO.get(planned.cause, planned.cause)})" if who else ""
        name = printable(f"{planned.role} | {planned.title}{cause}")
        told = [printable(f"{one.attribute}: {one.have} -> {one.want}") for one in planned.changes]
        beside = ": ".join([name, *told])
        if len(told) == 1 and len(beside) + 2 <= console.width:
            _say(beside, console)
            continue
        _say(name, console)
        for line in told:
            _say(line, console, indent=4)


def _table(host: HostPlan, *, who: bool) -> Table:
    table = Table()
    for name in ("resource", "attribute", "have", "want", *(("who",) if who else ())):
        table.add_column(name, overflow="fold")
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
