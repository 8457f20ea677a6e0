"""An audit log as a table for people, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Column, Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.audit.chain import Finding, Line
    from jetfleet.audit.heads import Head

SCHEMA = 1


def table(lines: Sequence[Line]) -> Table:
    """Return the lines as a table; nothing in them is taken for markup."""
    names = ("line", "at", "who", "did", "outcome", "commit", "rollout")
    shown = Table(*(Column(name, overflow="fold") for name in names), box=box.SIMPLE_HEAD)
    for line in lines:
        say = line.fields.get
        who = say("who", "") + (f", over {say('over')}" if say("over") else "")
        did = say("did", "") + (f" ({say('reason')})" if say("reason") else "")
        cells = (
            str(line.seq or "?"), say("at", ""), who, did, say("outcome", ""),
            say("commit", "")[:12], _rollout(line),
        )  # fmt: skip
        shown.add_row(*map(Text, cells))
    return shown


def _rollout(line: Line) -> str:
    name, attempt = line.fields.get("rollout", ""), line.fields.get("attempt", "")
    return f"{name}, attempt {attempt}" if name else ""


def read_back(
    host: str, lines: Sequence[Line], found: Sequence[Finding], heads: Sequence[Head]
) -> dict[str, Any]:
    """Return a log as JSON; docs/formats.md has its fields."""
    return {
        "schema": SCHEMA,
        "host": host,
        "whole": not any(one.kind != "half" for one in found),
        "findings": [
            {"kind": one.kind, "line": one.line, "sentence": one.sentence} for one in found
        ],
        "seen": [{"seq": one.seq, "head": one.head, "at": one.seen} for one in heads],
        "lines": [{"seq": line.seq or None, "hash": line.hash, **line.fields} for line in lines],
    }
