"""A plan as Markdown, for a comment on a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.plan.show_terminal import diff_lines
from jetfleet.plan.words import WHO, costs, groups, heading, summary
from jetfleet.text.markdown import code_block, escaped, inline_code, table_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.plan.model import HostPlan, Plan


def markdown(plan: Plan) -> str:
    """Return a plan as GitHub and GitLab show it; what boards say can set no marks of its own."""
    lines = [f"## {plan.command} of {inline_code(plan.spec)} with {inline_code(plan.deploy)}", ""]
    lines += [f"{summary([host.state for host in plan.hosts])}.", ""]
    for names, host in groups(plan):
        lines += [f"### {escaped(heading(names, host))}", ""]
        if host.reason:
            lines += [f"> {escaped(host.reason)}", ""]
        if host.resources:
            lines += [*_table(host, who=plan.command == "drift"), ""]
        listed = [f"- {escaped(line)}" for line in costs(host)]
        lines += [*listed, *([""] if listed else []), *_diffs(host)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _table(host: HostPlan, *, who: bool) -> Iterator[str]:
    head = ["resource", "attribute", "have", "want", *(["who"] if who else [])]
    yield table_row(head)
    yield f"|{'---|' * len(head)}"
    for planned in host.resources:
        for change in planned.changes:
            cells = [f"{planned.role}: {planned.title}", change.attribute]
            shown = [*map(escaped, cells), inline_code(change.have), inline_code(change.want)]
            if who:
                shown.append(escaped(WHO.get(planned.cause, planned.cause)))
            yield table_row(shown)


def _diffs(host: HostPlan) -> Iterator[str]:
    for planned in host.resources:
        for diff in dict.fromkeys(change.diff for change in planned.changes if change.diff):
            yield from (*code_block(diff_lines(diff, planned.title), "diff"), "")
