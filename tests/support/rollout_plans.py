"""Plan files of rollouts of simulated boards, and commands that drive those."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from jetfleet.rollout.here.reviewed import HostReview, Reviewed
from jetfleet.rollout.plan_file import PlanFile
from jetfleet.rollout.rollout import Rollout

DRIVE = """
import json
import sys
from pathlib import Path
from typing import Any
from jetfleet.cli import main
from jetfleet.rollout import drive
from tests.support.simulated_boards import RealClock, SimulatedBoards, good

folder, seconds = Path(sys.argv.pop(1)), float(sys.argv.pop(1))
fates = folder / "fates.json"
known = json.loads(fates.read_text()) if fates.exists() else {}
drive.boards_of = lambda plan, spec: SimulatedBoards(
    folder / "boards.jsonl", RealClock(), seconds=seconds,
    fate=lambda host, task: known.get(f"{task.purpose} {host}", good(host, task)),
)
main()
"""
"""`jetfleet` with simulated boards; `fates.json` beside them has outcomes by purpose and host."""


def plan_file(rollout: Rollout, commit: str = "c0ffee", **more: Any) -> PlanFile:
    """A plan in which each host changes; `more` is of each host."""
    given = {"state": "changes", **more}
    hosts = tuple(HostReview(host=name, **given) for name in rollout.hosts)
    reviewed = Reviewed(
        made="2026-01-01T00:00:00Z", spec="lab.yaml", deploy="deploys/llm.py", commit=commit,
        hosts=hosts,
    )  # fmt: skip
    named = replace(rollout, plan=reviewed.sha256, commit=commit)
    return PlanFile(rollout=named, reviewed=reviewed)


def drive(folder: Path, seconds: float, *words: str) -> list[str]:
    """The words of a process that drives the boards of a folder."""
    return [sys.executable, "-c", DRIVE, str(folder), str(seconds), "rollout", *words]
