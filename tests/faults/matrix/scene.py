"""One board of a round, with the run that goes on there: where a fault is made."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.matrix.cell import Cell
from tests.support.lab import Lab

PATIENCE = 60
"""Seconds within which a run must come to a phase, or end."""

_WAIT = """end=$(( $(date +%s) + {seconds} ))
until {{ {busy}; }} >/dev/null 2>&1; do
  [ $(date +%s) -lt $end ] && [ ! -e /run/matrix-over ] || exit 75
  sleep 0.02
done
"""


@dataclass
class Scene:
    """A cell on its board.

    Parameters
    ----------
    run:
        The process of the run that meets the fault; None before it starts.
    folder:
        The folder in which the run writes its events.

    """

    lab: Lab
    host: str
    cell: Cell
    folder: Path
    run: subprocess.Popen[str] | None = None
    made: bool = False
    notes: list[str] = field(default_factory=list)

    def begun(self, resource: str) -> bool:
        """Whether the run has begun to change a resource whose name begins so."""
        started = events_in(self.folder, self.host, "started")
        return any(one["resource"].startswith(resource) for one in started)

    def make(self, wait: str = "") -> None:
        """Make the fault, once a script on the board has ended.

        Both are one script where they can be, so that nothing is in between.
        """
        make = self.cell.fault.make
        if isinstance(make, str):
            self._script(wait + make)
        elif self._script(wait):
            self.made = True
            make(self)

    def meet(self) -> None:
        """Make the fault as soon as the run is in the phase of the cell."""
        phase = self.cell.phase
        if phase.begun and not self._wait_for(phase.begun):
            self.notes.append("the run ended before the phase")
            return
        self.make(_WAIT.format(seconds=PATIENCE, busy=phase.busy) if phase.busy else "")

    def over(self) -> None:
        """End the wait for the phase: the run has ended."""
        if self.lab.fleet.hosts[self.host].pid is not None:
            self.lab.fleet.exec(self.host, ["touch", "/run/matrix-over"])

    def _wait_for(self, resource: str) -> bool:
        end = time.monotonic() + PATIENCE
        while not self.begun(resource):
            if self.run is None or self.run.poll() is not None or time.monotonic() > end:
                return self.begun(resource)
            time.sleep(0.01)
        return True

    def _script(self, script: str) -> bool:
        if not script:
            return True
        done = self.lab.fleet.exec(self.host, ["/bin/sh", "-c", script])
        # A fault may end the twin with the script that makes it.
        self.made = done.returncode != 75
        if done.returncode:
            self.notes.append(f"{done.returncode}: {done.stderr.strip()[-200:]}")
        return self.made

    def take_away(self) -> None:
        """Take the fault away, and have the board up."""
        fleet, undo = self.lab.fleet, self.cell.fault.undo
        if fleet.hosts[self.host].pid is None:
            fleet.power_on(self.host)
        if not isinstance(undo, str):
            undo(self)
        elif undo:
            self.lab.sh(self.host, undo)
        fleet.wait_ssh(self.host)


def events_in(folder: Path, host: str, kind: str = "") -> list[dict[str, Any]]:
    """Return the whole events of a run on a board so far, all or those of a kind."""
    path = folder / f"{host}.jsonl"
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]
    events = [json.loads(line) for line in lines]
    return [one for one in events if kind in {"", one["event"]}]
