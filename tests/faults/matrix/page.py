"""docs/reliability.md: what is promised, what is tested, what is not, and what a campaign found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.faults.matrix.cells import CELLS, TABLES
from tests.faults.matrix.fault import Fault
from tests.faults.matrix.hold import Hold
from tests.faults.matrix.phase import Phase
from tests.faults.matrix.record import FILE

_TEXT = Path(__file__).with_name("page.md")
"""The parts of the page that a person writes; `{figures}` and the like are filled in."""

_TITLES = {
    "network": "Between the board and others",
    "programs": "Programs of the board die",
    "power": "Power",
    "disk": "Disks",
    "frozen": "Programs hang",
    "state": "Files of jetfleet are damaged",
    "foreign": "What a board says or holds",
    "hubs": "Model hubs",
    "run": "The run is ended",
}


def page() -> str:
    """Return the page, in Markdown."""
    record = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {"cells": {}}
    return _TEXT.read_text(encoding="utf-8").format(
        figures="\n".join(_figures(record)),
        tables="\n".join(_tables()),
        reasons="\n".join(_reasons()),
    )


def _figures(record: Mapping[str, Any]) -> Iterator[str]:
    known = {str(cell) for cell in CELLS}
    cells = {name: one for name, one in record["cells"].items() if name in known}
    if not cells:
        yield "No campaign is recorded yet."
        return
    well = sum(not one["broken"] for one in cells.values())
    counts = {hold: sum(hold.value in one["broken"] for one in cells.values()) for hold in Hold}
    rows = {
        "cells": len(CELLS),
        "played": len(cells),
        "survived": well,
        "lost": counts[Hold.KEEPS],
        "leaked": counts[Hold.SECRET],
        "wedged": counts[Hold.CONVERGES],
        "slowed others": counts[Hold.IN_TIME],
        "cause not named": counts[Hold.NAMED],
        "seconds a cell": f"{sum(one['seconds'] for one in cells.values()) / len(cells):.1f}",
    }
    commits = " and ".join(
        f"`{commit}` ({count} of the cells)" for commit, count in record["commits"].items()
    )
    yield f"Campaign of {record['day']}, at {commits}:\n"
    yield f"| {' | '.join(rows)} |"
    yield "|---" * len(rows) + "|"
    yield f"| {' | '.join(map(str, rows.values()))} |"


def _tables() -> Iterator[str]:
    for kind, faults in TABLES.items():
        phases = _phases(faults)
        yield f"### {_TITLES[kind]}\n"
        if len(phases) == 1:
            yield f"Each in the phase `{phases[0].name}`: {phases[0].what}.\n"
            yield "| fault | what |"
            yield "|---|---|"
            yield from (f"| `{fault.name}` | {fault.what} |" for fault in faults)
        else:
            yield f"| fault | what | {' | '.join(phase.name for phase in phases)} |"
            yield "|---" * (len(phases) + 2) + "|"
            yield from (_row(fault, phases) for fault in faults)
        yield ""


def _phases(faults: Sequence[Fault]) -> list[Phase]:
    return list(
        dict.fromkeys(
            phase
            for fault in faults
            for phase in fault.among
            if any(phase in one.phases for one in faults)
        )
    )


def _row(fault: Fault, phases: Sequence[Phase]) -> str:
    marks = ("yes" if phase in fault.phases else "" for phase in phases)
    return f"| `{fault.name}` | {fault.what} | {' | '.join(marks)} |"


def _reasons() -> Iterator[str]:
    """Yield each reason for which cells are left out, with the faults and phases that it is for."""
    reasons: dict[str, dict[tuple[str, ...], list[str]]] = {}
    for faults in TABLES.values():
        for fault in faults:
            for reason in dict.fromkeys(fault.left_out.values()):
                phases = tuple(name for name, why in fault.left_out.items() if why == reason)
                reasons.setdefault(reason, {}).setdefault(phases, []).append(fault.name)
    yield "| left out | of | because |"
    yield "|---|---|---|"
    for reason, of in reasons.items():
        for phases, names in of.items():
            shown = ", ".join(f"`{name}`" for name in names[:6])
            more = f" and {len(names) - 6} more" if len(names) > 6 else ""
            yield f"| {', '.join(phases)} | {shown}{more} | {reason} |"
