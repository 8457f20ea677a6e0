"""A store, a plan of simulated boards, and the commands of a person who drives it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from jetfleet.rollout import events
from jetfleet.rollout.rollout import Rollout
from jetfleet.rollout.store import Store
from tests.support.cli import ROOT, call
from tests.support.rollout_plans import drive, plan_file
from tests.support.simulated_boards import RealClock, SimulatedBoards, good


class SimulatedLab:
    """A store, a plan, and boards whose truth is a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plan = folder / "rollout.json"
        self.store = folder / "rollouts.sqlite"
        self.fate = good

    def write(self, rollout: Rollout, **more: str) -> None:
        self.plan.write_text(plan_file(rollout, **more).json_text(), encoding="utf-8")

    def boards(self, *_: object) -> SimulatedBoards:
        return SimulatedBoards(
            self.folder / "boards.jsonl", RealClock(), seconds=0.01, fate=self.fate
        )

    def call(self, *words: str) -> Any:
        return call("rollout", *words, "--store", str(self.store))

    def begin(self, seconds: float, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            drive(self.folder, seconds, *words, "--store", str(self.store)),
            cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def events(self, name: str = "r1") -> list[events.Event]:
        if not self.store.exists():
            return []
        store = Store(self.store)
        found = [event for _, event in store.events(name)]
        store.close()
        return found

    def count(self, kind: type) -> int:
        return sum(isinstance(one, kind) for one in self.events())
