"""The record of a campaign: a line for each cell while it runs, and one file afterwards.

`python -m tests.faults.matrix.record LINES` makes tests/data/campaign.json of the lines.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tests.faults.matrix.hold import Problem

VARIABLE = "JETFLEET_CAMPAIGN_RECORD"
"""Names the file that gets the lines; without it nothing is recorded."""

ROOT = Path(__file__).parents[3]
FILE = ROOT / "tests/data/campaign.json"


def note(cell: str, seconds: float, problems: Sequence[Problem], *, missed: bool) -> None:
    """Append the line of a cell. Several workers may append to one file."""
    path = os.environ.get(VARIABLE)
    if not path:
        return
    broken = sorted(
        {problem.hold.value for problem in problems} | ({"missed"} if missed else set())
    )
    line = {
        "cell": cell, "seconds": round(seconds, 1), "broken": broken, "commit": _commit(),
    }  # fmt: skip
    with Path(path).open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(line) + "\n")


@cache
def _commit() -> str:
    return subprocess.run(
        ["git", "describe", "--always", "--dirty=+"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip


def main() -> None:
    """Write the record of the lines in a file, the first argument; the last of a cell counts.

    A cell that failed is played again after a change of the product: the record names each commit
    with the number of its cells.
    """
    path = Path(sys.argv[1])
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    last = {one["cell"]: one for one in found}
    record = {
        "schema": 2,
        "day": time.strftime("%Y-%m-%d", time.gmtime(path.stat().st_mtime)),
        "commits": dict(Counter(one["commit"] for one in last.values())),
        "cells": {
            cell: {"seconds": one["seconds"], "broken": one["broken"]}
            for cell, one in sorted(last.items())
        },
    }
    FILE.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
