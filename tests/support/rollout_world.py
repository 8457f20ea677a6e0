"""Boards as they really are while a rollout is decided: what it believes may be wrong, this is not.

All is computed from a clock that the test turns: a board goes on after its controller has died.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from jetfleet.rollout import events
from jetfleet.rollout.actions import Send

LEASE = 10.0


@dataclass
class Work:
    """A task on one board: when it begins, when it ends, and as what."""

    task: str
    purpose: str
    starts: float
    ends: float
    outcome: str
    silent: bool = False
    attempt: int = 0
    reported: bool = False


@dataclass
class Board:
    """The truth of one board."""

    record: str = ""  # "", "begun" or "changed": what of this rollout is on it
    ever: bool = False  # whether there ever was something of it
    attempt: int = 0  # that its record names
    taken_back: bool = False  # what its record says after a way back
    work: Work | None = None
    past: list[Work] = field(default_factory=list)


class World:
    """Boards, and the news that they send; some are slow, silent, dead or busy."""

    def __init__(self, chance: random.Random, hosts: list[str], trouble: float) -> None:
        self.chance = chance
        self.trouble = trouble
        self.boards = {name: Board() for name in hosts}
        self.tasks: dict[str, list[tuple[str, Work]]] = {}
        self.probes: dict[str, tuple[Send, float]] = {}
        self.dead_sites: set[str] = set()

    def send(self, send: Send, now: float, gates: tuple[str, ...]) -> None:
        """Begin a task; a known one reports again what it has reported."""
        if send.purpose == "probe":
            self.probes.setdefault(send.task, (send, now + self.chance.uniform(0, 5)))
            self.gates = gates
            return
        if send.task in self.tasks:
            for _, work in self.tasks[send.task]:
                work.reported = False
            return
        self.tasks[send.task] = []
        for name in send.hosts:
            self.tasks[send.task].append((name, self._begin(name, send, now)))

    def cancel(self, name: str, task: str, now: float) -> None:
        """Stop renewing a board's lease: within its length the board takes no more changes."""
        work = self.boards[name].work
        if work is not None and work.task == task:
            work.ends = min(work.ends, now + LEASE * self.chance.random())
            work.silent = work.silent or self.chance.random() < 0.5

    def lose(self, now: float) -> None:
        """The computer of the controller is gone: what was silent has ended within a lease."""
        self.probes.clear()
        for board in self.boards.values():
            if board.work is not None and board.work.silent:
                board.work.ends = min(board.work.ends, now + LEASE * self.chance.random())

    def _begin(self, name: str, send: Send, now: float) -> Work:
        board, chance = self.boards[name], self.chance
        self.settle(now)
        if send.purpose == "survey" and board.work and board.work.purpose in {"apply", "undo"}:
            return Work(send.task, send.purpose, now, now, "busy")
        starts = now + chance.uniform(0, 2)
        work = Work(send.task, send.purpose, starts, starts + chance.uniform(0, 8), "")
        work.attempt = send.attempt
        if send.purpose == "apply":
            wrong = chance.random() < self.trouble
            work.outcome = self._fate() if wrong else "changed"
            if work.outcome in {"changed", "same"} and board.record:
                work.outcome = "changed-before" if board.record == "changed" else "changed"
            if work.outcome == "silent":
                work.silent, work.outcome = True, "changed"
                work.ends = starts + chance.choice([5.0, 500.0])
        elif send.purpose == "undo":
            wrong = chance.random() < self.trouble / 2
            work.outcome = chance.choice(["undo-failed", "no-way-back"]) if wrong else "undone"
            work.silent = chance.random() < self.trouble / 4
        elif send.purpose == "survey":
            known = {"begun": "begun", "changed": "changed-before"}
            nothing = "taken-back" if board.taken_back else "untouched"
            work.outcome, work.attempt = known.get(board.record, nothing), board.attempt
            if chance.random() < self.trouble:
                work.outcome = "unreachable"
        else:
            work.outcome = "staged"
            work.silent = chance.random() < self.trouble
        board.work = work
        return work

    def _fate(self) -> str:
        return self.chance.choice(
            ["same", "not-verified", "failed", "failed", "lost", "unreachable", "refused", "busy",
             "not-fetched", "silent", "silent", "unknown"]
        )  # fmt: skip

    def settle(self, now: float) -> None:
        """Let the boards do what they have done until `now`."""
        for board in self.boards.values():
            work = board.work
            if work is None:
                continue
            changes = work.outcome in {
                "changed", "changed-before", "not-verified", "failed", "lost", "unknown",
            }  # fmt: skip
            if work.purpose == "apply" and changes and now >= work.starts and not board.record:
                board.record, board.ever, board.taken_back = "begun", True, False
                board.attempt = work.attempt
            if now >= work.ends:
                if work.purpose == "apply" and work.outcome in {"changed", "not-verified"}:
                    board.record = "changed"
                if work.purpose == "undo" and work.outcome == "undone":
                    board.taken_back, board.record, board.attempt = bool(board.record), "", 0
                board.past.append(work)
                board.work = None

    def working(self, now: float) -> set[str]:
        """Return the boards that are being changed at this moment, whatever is believed."""
        return {
            name
            for name, board in self.boards.items()
            if board.work is not None
            and board.work.purpose in {"apply", "undo"}
            and board.work.starts <= now < board.work.ends
            and board.work.outcome not in {"unreachable", "refused", "busy", "same"}
        }

    def news(self, now: float, *, fair: bool) -> list[events.News]:
        """Return what has come in: some of it late, some twice, and all of it if `fair`."""
        self.settle(now)
        found: list[events.News] = []
        for works in self.tasks.values():
            for name, work in works:
                found += self._of(name, work, now, fair=fair)
        for task, (send, ready) in list(self.probes.items()):
            if now >= ready:
                found += self._read(task, send, fair=fair)
                del self.probes[task]
        return found

    def _of(self, name: str, work: Work, now: float, *, fair: bool) -> list[events.News]:
        if work.reported or work.silent or (not fair and self.chance.random() < 0.3):
            return []
        if now < work.ends:
            begun = work.purpose in {"apply", "undo"} and now >= work.starts
            reached = work.outcome not in {"unreachable", "refused", "busy", "same"}
            sign = self.chance.choice(
                [events.Begun(now, name, work.task), events.Heard(now, (name,))]
            )
            return [sign] if begun and reached else []
        work.reported = self.chance.random() > 0.05 or fair
        data = {"attempt": work.attempt} if work.purpose == "survey" and work.attempt else {}
        return [events.Done(now, name, work.task, work.outcome, data=data)]

    def _read(self, task: str, send: Send, *, fair: bool) -> list[events.News]:
        found: list[events.News] = []
        for gate in self.gates:
            chances = [1.0, 0.0, 0.0] if fair else [1 - self.trouble, self.trouble, self.trouble]
            verdict = self.chance.choices(["pass", "fail", "no-data"], chances)[0]
            missed = send.hosts[:1] if verdict == "fail" and gate == "verified" else ()
            found.append(events.GateRead(0.0, send.wave, task, gate, verdict, missed))  # type: ignore[arg-type]
        return found
