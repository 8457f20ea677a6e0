"""One host of a report: how it ended, what took time, what changed, the log of a failure."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from jetfleet.report.page import Bar, Detail, Failure, Host
from jetfleet.text import printable_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from jetfleet.events.host import HostRun
    from jetfleet.events.state import State

LOG_LINES = 60
"""Lines of a log beside a failure: the last ones tell why."""


def shown(run: HostRun, verdict: tuple[State, str], began: float, logs: Mapping[str, Path]) -> Host:
    """Return a host as the page shows it.

    Parameters
    ----------
    verdict:
        Its state, and why.
    began:
        When the run began, in seconds since 1970.
    logs:
        Output of pyinfra, by phase.

    """
    state, reason = verdict
    costs = [one.effects for one in run.resources.values() if one.effects]
    return Host(
        name=run.name,
        state=state,
        reason=reason,
        seconds=run.seconds,
        internet=sum(cost.internet for cost in costs),
        lan=sum(cost.lan for cost in costs),
        bars=_bars(run, began),
        details=tuple(_details(run)),
        failures=_failures(run, logs),
    )


def _bars(run: HostRun, began: float) -> tuple[Bar, ...]:
    """Return what took time: each change, and the moments of the run."""
    changes = [
        Bar(one.title, one.outcome, one.begun - began, one.ended - began, one.bytes)
        for one in run.resources.values()
        if one.begun is not None and one.ended is not None
    ]
    moments = [Bar(m.title, m.outcome, m.at - began, m.at - began) for m in run.moments]
    return tuple(sorted([*changes, *moments], key=lambda bar: (bar.begin, bar.end)))


def _details(run: HostRun) -> Iterator[Detail]:
    for one in run.resources.values():
        for change in one.changes:
            yield Detail(
                title=one.title,
                outcome=one.outcome,
                attribute=change.attribute,
                have=change.have,
                want=change.want,
                sentence=change.sentence,
                diff=_diff(*change.diff) if change.diff else (),
            )


def _diff(old: str, new: str) -> tuple[str, ...]:
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), "on the board", "wanted", lineterm=""
    )
    return tuple(lines)


def _failures(run: HostRun, logs: Mapping[str, Path]) -> tuple[Failure, ...]:
    """Return each failure; the log, which is one of the host, is shown with the last."""
    found = [Failure("Connect", run.unreachable)] if run.unreachable else []
    found += [Failure(one.title, one.reason) for one in run.resources.values() if one.reason]
    found += [Failure(one.what, one.reason) for one in run.verified if not one.ok]
    if not found:
        return ()
    *first, last = found
    return (*first, Failure(last.title, last.reason, _log(run.name, logs)))


def _log(name: str, logs: Mapping[str, Path]) -> tuple[str, ...]:
    mark = f"[{name}]"
    lines: list[str] = []
    for path in logs.values():
        text = printable_lines(path.read_text(encoding="utf-8", errors="replace"))
        lines += [line.strip() for line in text.splitlines() if mark in line]
    return tuple(lines[-LOG_LINES:])
