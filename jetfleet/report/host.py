"""One host of a run: how it ended, what took time, what changed, what was logged of a failure."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from jetfleet.apply.result import ended
from jetfleet.report.page import Bar, Detail, Failure, Host
from jetfleet.text import printable_lines

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Rows = list[dict[str, Any]]

LOG_LINES = 60
"""How much of a log stands beside a failure: its end tells why."""


def host_of(name: str, mine: Rows, began: float, logs: Mapping[str, Path]) -> Host:
    """Return a host from its rows.

    Parameters
    ----------
    began:
        When the run began, in seconds since 1970.
    logs:
        What pyinfra said, by phase.

    """
    state, reason = _state(mine)
    titles = {row["resource"]: row["title"] for row in _titled(mine)}
    expected = {row["resource"]: row for row in mine if row["outcome"] == "expected"}
    return Host(
        name=name,
        state=state,
        reason=reason,
        seconds=mine[-1]["at"] - mine[0]["at"] if mine else 0.0,
        internet=sum(row.get("internet", 0) for row in expected.values()),
        lan=sum(row.get("lan", 0) for row in expected.values()),
        bars=_bars(mine, began, titles),
        details=_details(mine, titles),
        failures=_failures(name, mine, titles, logs),
    )


def _state(mine: Rows) -> tuple[str, str]:
    if not mine:
        return "unreachable", "nothing is known of it: look into the run's log"
    carried_out = [row for row in mine if row.get("phase") != "plan"]
    state, reason = ended(carried_out or mine)
    if state != "same":
        return state, reason
    silent = [r for r in mine if r["outcome"] == "verified" and not r["ok"]]
    if silent:
        return "failed", f"{silent[-1]['what']}: {silent[-1]['reason']}"
    planned = any(row["outcome"] == "planned" for row in mine)
    return ("changes" if planned else "same"), ""


def _titled(mine: Rows) -> Rows:
    listed = [one for row in mine for one in row.get("resources", ()) if "title" in one]
    return listed + [row for row in mine if "title" in row and "resource" in row]


def _bars(mine: Rows, began: float, titles: Mapping[str, str]) -> tuple[Bar, ...]:
    """Return what took time: each change once, and the moments that a reader looks for."""
    bars: dict[tuple[str, float], Bar] = {}
    seen: dict[str, int] = {}
    for row in mine:
        at, key = row["at"] - began, row.get("resource", "")
        if row["outcome"] == "progress" and row.get("bytes"):
            seen[key] = row["bytes"][0]
        elif row["outcome"] in {"changed", "failed"} and "begun" in row:
            begin = row["begun"] - began
            title = titles.get(key, key)
            bars[key, begin] = Bar(title, row["outcome"], begin, at, seen.get(key, 0))
        elif row["outcome"] == "surveyed":
            bars["surveyed", at] = Bar("Survey", "same", at, at)
        elif row["outcome"] == "rebooted":
            bars["rebooted", at] = Bar("Reboot", "changed", at, at)
        elif row["outcome"] == "verified":
            outcome = "same" if row["ok"] else "failed"
            bars[row["what"], at] = Bar(f"Verify {row['what']}", outcome, at, at)
    return tuple(sorted(bars.values(), key=lambda bar: (bar.begin, bar.end)))


def _details(mine: Rows, titles: Mapping[str, str]) -> tuple[Detail, ...]:
    """Return each attribute once, as it ended: what was planned and then changed has changed."""
    found: dict[tuple[str, str], Detail] = {}
    for row in mine:
        if "attribute" not in row:
            continue
        place = (row["resource"], row["attribute"])
        before = found.get(place)
        diff = _diff(row.get("diff")) or (before.diff if before else ())
        found[place] = Detail(
            title=titles.get(row["resource"], row["resource"]),
            outcome=row["outcome"],
            attribute=row["attribute"],
            have=row["have"],
            want=row["want"],
            sentence=row["sentence"],
            diff=diff,
        )
    return tuple(found.values())


def _diff(texts: list[str] | None) -> tuple[str, ...]:
    if not texts:
        return ()
    old, new = (text.splitlines() for text in texts)
    return tuple(difflib.unified_diff(old, new, "on the board", "as wanted", lineterm=""))


def _failures(
    name: str, mine: Rows, titles: Mapping[str, str], logs: Mapping[str, Path]
) -> tuple[Failure, ...]:
    found: dict[tuple[str, str], Failure] = {}
    for row in mine:
        silent = row["outcome"] == "verified" and not row["ok"]
        if row["outcome"] not in {"failed", "refused", "unreachable"} and not silent:
            continue
        key = row.get("resource") or row.get("what", "")
        title = titles.get(key, key) or "Connect"
        found[title, row["reason"]] = Failure(title, row["reason"])
    if not found:
        return ()
    log = _log(name, logs)
    return tuple(
        # The log is one of the host, so it stands once, with the last failure.
        Failure(one.title, one.reason, log if one is list(found.values())[-1] else ())
        for one in found.values()
    )


def _log(name: str, logs: Mapping[str, Path]) -> tuple[str, ...]:
    mark = f"[{name}]"
    lines: list[str] = []
    for path in logs.values():
        text = printable_lines(path.read_text(encoding="utf-8", errors="replace"))
        lines += [line.strip() for line in text.splitlines() if mark in line]
    return tuple(lines[-LOG_LINES:])
