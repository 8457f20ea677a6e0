"""Boards of which the truth is a file: it outlives the controller, and needs no process.

When a task begins, its rows say when each host begins and ends, and as what. What is true at a time
follows from the rows and the time: a controller that is killed stops none of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from jetfleet.rollout import events
from jetfleet.rollout.boards import Task


class Clock(Protocol):
    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class RealClock:
    """The clock of this computer."""

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass
class TurnedClock:
    """A clock that only a sleeper turns."""

    at: float = 1_000_000.0

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


@dataclass(frozen=True)
class Row:
    """What one host does in one task."""

    task: str
    purpose: str
    host: str
    site: str
    starts: float
    ends: float
    outcome: str
    changes: bool = False

    @property
    def attempt(self) -> int:
        return int(self.task.rpartition("/")[2])

    @property
    def begun(self) -> bool:
        return self.changes or self.outcome in {"failed", "not-verified"}


Fate = Callable[[str, Task], str]


def good(host: str, task: Task) -> str:
    del host
    return {"apply": "changed", "undo": "undone", "stage": "staged", "survey": ""}[task.purpose]


@dataclass
class SimulatedBoards:
    """The boards of the file `path`; each takes `seconds` for an apply, or a little less."""

    path: Path
    clock: Clock
    seconds: float = 1.0
    fate: Fate = good
    verdicts: Mapping[str, str] = field(default_factory=dict)
    off: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.rows: list[Row] = []
        self.tasks: dict[str, list[Row]] = {}
        self.changed: dict[str, Row] = {}
        self.busy: dict[str, Row] = {}
        self.back: set[str] = set()
        self.waiting: list[tuple[float, events.News]] = []
        for line in self.path.read_text().splitlines() if self.path.exists() else ():
            self._keep(Row(**json.loads(line)))

    def send(self, task: Task) -> None:
        if task.purpose == "probe":
            self.waiting += [(self.clock.now(), read) for read in self._reads(task)]
            return
        if task.id not in self.tasks:
            self._write([self._row(task, name) for name in task.hosts])
        for row in self.tasks[task.id]:
            if row.host in task.hosts:
                self.waiting += self._news(row)

    def cancel(self, task: str, hosts: Sequence[str]) -> None:
        """What has begun goes on: this is the worst that may be."""

    def news(self, timeout: float) -> Sequence[events.News]:
        now = self.clock.now()
        if not any(at <= now for at, _ in self.waiting):
            first = min((at for at, _ in self.waiting), default=now + timeout)
            self.clock.sleep(min(timeout, max(0.0, first - now)))
            now = self.clock.now()
        due = sorted((one for one in self.waiting if one[0] <= now), key=lambda one: one[0])
        self.waiting = [one for one in self.waiting if one[0] > now]
        return [one for _, one in due]

    def changes(self) -> Iterator[Row]:
        """Yield each real change of a board, in the order in which it began."""
        return iter(sorted((row for row in self.rows if row.changes), key=lambda one: one.starts))

    def most_at_once(self, site: str | None = None) -> int:
        """Return how many hosts were in work at the same time, at most."""
        edges = []
        for row in self.rows:
            if row.purpose in {"apply", "undo"} and site in {None, row.site}:
                edges += [(row.starts, 1), (row.ends, -1)]
        most = at_once = 0
        for _, step in sorted(edges):
            at_once += step
            most = max(most, at_once)
        return most

    def _row(self, task: Task, host: str) -> Row:
        now = self.clock.now()
        part = int.from_bytes(hashlib.sha256(f"{task.id}{host}".encode()).digest()[:4], "big")
        length = self.seconds * (0.5 + part / 2**33)
        outcome = self.fate(host, task)
        working, before = self.busy.get(host), self.changed.get(host)
        changes = outcome in {"changed", "not-verified", "undone"}
        if task.purpose == "survey":
            outcome = self._says(host, working, before, now)
            length /= 10
        elif working is not None and working.ends > now and task.purpose in {"apply", "undo"}:
            outcome, changes, length = "busy", False, length / 10
        elif task.purpose == "apply" and changes and before is not None:
            outcome, changes, length = "changed-before", False, length / 10
        return Row(task.id, task.purpose, host, task.site, now, now + length, outcome, changes)

    def _says(self, host: str, working: Row | None, before: Row | None, now: float) -> str:
        """Return what a survey finds; one that is `off` does not answer."""
        if host in self.off:
            return "unreachable"
        if working is not None and working.starts <= now < working.ends:
            return "busy"
        if before:
            return "begun" if before.outcome == "failed" else "changed-before"
        return "taken-back" if host in self.back else "untouched"

    def _news(self, row: Row) -> list[tuple[float, events.News]]:
        told: list[tuple[float, events.News]] = []
        if row.begun:
            told.append((row.starts, events.Begun(0, row.host, row.task)))
        before = self.changed.get(row.host)
        data = {"attempt": before.attempt} if row.purpose == "survey" and before else {}
        return [*told, (row.ends, events.Done(0, row.host, row.task, row.outcome, data=data))]

    def _reads(self, task: Task) -> Iterator[events.News]:
        for gate in task.gates:
            verdict = self.verdicts.get(gate.name, "pass")
            yield events.GateRead(0, task.wave, task.id, gate.name, verdict)  # type: ignore[arg-type]

    def _write(self, rows: list[Row]) -> None:
        """Write all rows at once: a task has begun wholly or not at all."""
        text = "".join(json.dumps(asdict(row)) + "\n" for row in rows)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)
        for row in rows:
            self._keep(row)

    def _keep(self, row: Row) -> None:
        self.rows.append(row)
        self.tasks.setdefault(row.task, []).append(row)
        if row.purpose in {"apply", "undo"} and row.outcome != "busy":
            self.busy[row.host] = row
        if row.purpose == "apply" and row.changes:
            self.changed[row.host] = row
        if row.purpose == "undo" and row.changes:
            self.changed.pop(row.host, None)
            self.back.add(row.host)
