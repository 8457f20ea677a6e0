"""Gates of a wave that runs of pyinfra can read: whether hosts answer, and are in sync.

A gate that nothing here reads is ``no-data``, which is never a pass: a person judges the wave.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jetfleet.rollout.events import GateRead
from jetfleet.rollout.here.ask import Ended
from jetfleet.rollout.here.steps import not_planned, planned, verified

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jetfleet.rollout.boards import Task
    from jetfleet.rollout.here.ask import Steps, Target

READ = ("verified", "in-sync")
"""Names of the gates that are read here, as a rollout file has them."""

PROBED = "probed"


def probed(target: Target) -> Steps:
    """Plan a host and ask its services; what could not be asked is not in the data."""
    answer = yield from planned(target)
    if ended := not_planned(answer):
        return ended
    left = [
        change.sentence
        for one in answer.plan.resources
        for change in one.changes
        if not change.waits_for
    ]
    ended = yield from verified(target, answer.plan)
    found = {"in-sync": "; ".join(left[:3])}
    if ended is None or ended.outcome == "not-verified":
        found["verified"] = ended.detail if ended else ""
    return Ended(PROBED, data=found)


def gate_reads(task: Task, ends: Mapping[str, Ended]) -> Iterator[GateRead]:
    """Yield what each gate of a task says of its wave; `ends` are those of `probed`."""
    for gate in task.gates:
        said = {name: ended.data.get(gate.name) for name, ended in ends.items()}
        missed = {name: str(reason)[:_LONGEST] for name, reason in said.items() if reason}
        silent = [name for name in task.hosts if said.get(name) is None]
        yield GateRead(
            time.time(),
            task.wave,
            task.id,
            gate.name,
            "fail" if missed else "no-data" if silent or gate.name not in READ else "pass",
            tuple(missed or silent),
            {"reasons": dict(list(missed.items())[:_MOST])} if missed else {},
        )


_MOST, _LONGEST = 5, 300
"""How many reasons are kept, and how much of each."""
