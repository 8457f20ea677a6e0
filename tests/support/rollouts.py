"""Small rollouts of simulated boards, and a controller that drives them by a turned clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from jetfleet.rollout import events
from jetfleet.rollout.controller import Controller
from jetfleet.rollout.rollout import Budgets, Deadlines, Gate, Member, Rollout, Site, Wave
from jetfleet.rollout.store import About, Store
from tests.support.simulated_boards import SimulatedBoards, TurnedClock

GATES = (Gate("verified"), Gate("in-sync"))


def rollout_of(waves: Iterable[int], sites: int = 2, at_once: int = 4, **more: Any) -> Rollout:
    """A rollout with waves of these sizes; the first one is the canary."""
    sizes = list(waves)
    names = [f"board-{n:04d}" for n in range(sum(sizes))]
    hosts = {
        name: Member(name, f"site-{n % sites}", "orin") for n, name in enumerate(names)
    }  # fmt: skip
    parts, first = [], 0
    for number, size in enumerate(sizes):
        part = tuple(names[first : first + size])
        parts.append(Wave(f"wave-{number}", part, GATES, canary=number == 0))
        first += size
    given: dict[str, Any] = {
        "id": "r1", "plan": "p" * 64, "fleet": "lab.yaml", "commit": "c0ffee",
        "waves": tuple(parts), "hosts": hosts,
        "sites": {f"site-{n}": Site(f"site-{n}", at_once) for n in range(sites)},
        "at_once": sites * at_once, "stage": False, "deadline": Deadlines(), "budgets": Budgets(),
    }  # fmt: skip
    return Rollout(**(given | more))


def controller(
    folder: Path, rollout: Rollout, boards: SimulatedBoards, *, again: str = ""
) -> Controller:
    """A controller of a rollout, which the store in the folder gets if it does not have it."""
    store = Store(folder / "rollouts.sqlite")
    if rollout.id not in {one.id for one in store.rollouts()}:
        store.create(rollout, About("ada", boards.clock.now()), again)
    return Controller(store, rollout, boards, "ada on desk", clock=boards.clock)


def simulated(folder: Path, **more: Any) -> SimulatedBoards:
    """Boards of a folder, by a turned clock."""
    clock = more.pop("clock", None) or TurnedClock()
    return SimulatedBoards(folder / "boards.jsonl", clock, **more)


def rollout_with(words: str) -> tuple[Rollout, list[events.Event]]:
    """A rollout in which each text that comes from outside is `words`."""
    rollout = rollout_of([1])
    host = Member(words, "site-0", words)
    wave = replace(rollout.waves[0], name=words, hosts=(words,), gates=(Gate(words),))
    rollout = replace(rollout, fleet=words, commit=words, waves=(wave,), hosts={words: host})
    happened: list[events.Event] = [
        events.Opened(1, words),
        events.Sent(2, "t", "apply", "site-0", (words,), 0, 1),
        events.Done(3, words, "t", "failed", words),
        events.Sent(4, "p", "probe", "site-0", (words,), 0, 1),
        events.GateRead(5, 0, "p", words, "fail", (words,), {words: [{"a": words}]}),
        events.Judged(6, 0, "inconclusive", words),
        events.Paused(7, words, words),
    ]
    return rollout, happened
