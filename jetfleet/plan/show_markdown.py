"""A plan as Markdown, for a comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.plan.show_terminal import diff_lines
from jetfleet.plan.words import WHO, costs, groups, heading, printable, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.plan.model import HostPlan, Plan


def markdown(plan: Plan) -> str:
    """Return a plan as GitHub and GitLab show it; what boards say can set no marks of its own."""
    lines = [f"## {plan.command} of {_code(plan.spec)} with {_code(plan.deploy)}", ""]
    lines += [f"{summary(plan)}.", ""]
    for names, host in groups(plan):
        lines += [f"### {_escaped(heading(names, host))}", ""]
        if host.reason:
            lines += [f"> {_escaped(host.reason)}", ""]
        if host.resources:
            lines += [*_table(host, who=plan.command == "drift"), ""]
        listed = [f"- {_escaped(line)}" for line in costs(host)]
        lines += [*listed, *([""] if listed else []), *_diffs(host)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _table(host: HostPlan, *, who: bool) -> Iterator[str]:
    head = ["resource", "attribute", "have", "want", *(["who"] if who else [])]
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for planned in host.resources:
        for change in planned.changes:
            cells = [f"{planned.role}: {planned.title}", change.attribute]
            shown = [*map(_escaped, cells), _code(change.have), _code(change.want)]
            if who:
                shown.append(WHO.get(planned.cause, planned.cause))
            yield f"| {' | '.join(shown)} |"


def _diffs(host: HostPlan) -> Iterator[str]:
    for planned in host.resources:
        for diff in dict.fromkeys(change.diff for change in planned.changes if change.diff):
            lines = [printable(line) for line in diff_lines(diff, planned.title)]
            fence = "`" * max(3, 1 + max(map(_backticks, lines), default=0))
            yield from (f"{fence}diff", *lines, fence, "")


def _backticks(text: str) -> int:
    longest = run = 0
    for c in text:
        run = run + 1 if c == "`" else 0
        longest = max(longest, run)
    return longest


def _code(text: str) -> str:
    """Return text as code; a bar would end a cell even there."""
    fence = "`" * (1 + _backticks(text))
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{printable(text)}{pad}{fence}".replace("|", "\\|") if text else ""


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#~" else c for c in printable(text))
