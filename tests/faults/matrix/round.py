"""A round: cells that share boards, the run that their faults disturb, and the run after it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.matrix import holds
from tests.faults.matrix.cell import Cell
from tests.faults.matrix.hold import Hold, Problem
from tests.faults.matrix.phase import CONNECT, WRITE
from tests.faults.matrix.rig import BOARDS, WITNESS, Rig
from tests.faults.matrix.run import LONGEST, ended, start
from tests.faults.matrix.scene import Scene, events_in


@dataclass
class Outcome:
    """What a round found of a cell: no problems, if all holds.

    Parameters
    ----------
    missed:
        The run was past the phase before the fault was made: nothing is known of the cell.
    notes:
        What happened while the fault was made.
    seconds:
        Its share of the round.

    """

    cell: Cell
    problems: list[Problem] = field(default_factory=list)
    missed: bool = False
    notes: list[str] = field(default_factory=list)
    seconds: float = 0


def rounds(cells: Sequence[Cell]) -> Iterator[list[Cell]]:
    """Cut cells into rounds, as many cells as there are boards in each.

    Boards in one run wait for each other, so the cells of one run are of one phase, and quick
    ones do not wait for slow ones.
    """
    groups: dict[object, list[Cell]] = {}
    for cell in cells:
        fault = cell.fault
        key = fault.command if fault.alone else (cell.phase.name, fault.seconds > 0)
        groups.setdefault(key, []).append(cell)
    for group in groups.values():
        for first in range(0, len(group), len(BOARDS)):
            yield group[first : first + len(BOARDS)]


def play(rig: Rig, cells: Sequence[Cell], folder: Path) -> list[Outcome]:
    """Disturb a run in each of these ways, each on a board of its own; return what held."""
    began = time.monotonic()
    scenes = [
        Scene(rig.lab, host, cell, folder / (host if cell.fault.alone else "run"))
        for host, cell in zip(BOARDS, cells, strict=False)
    ]
    for scene in scenes:
        scene.folder.mkdir(parents=True, exist_ok=True)
        rig.lab.sh(scene.host, f"rm -f /run/matrix-over; {scene.cell.phase.work}")
    outcomes = {scene.host: Outcome(scene.cell) for scene in scenes}
    problems, seconds = _disturbed(rig, scenes)
    for scene in scenes:
        outcome = outcomes[scene.host]
        outcome.missed, outcome.notes = not scene.made, scene.notes
        outcome.problems += [*problems, *holds.named(scene)]
    _repaired(rig, scenes, outcomes, folder)
    if list(holds.in_time(seconds, rig.alone, scenes)):
        allowed = max(rig.alone, _undisturbed(rig, scenes, folder / "control"))
        for outcome in outcomes.values():
            outcome.problems += holds.in_time(seconds, allowed, scenes)
    for outcome in outcomes.values():
        outcome.seconds = (time.monotonic() - began) / len(scenes)
    return list(outcomes.values())


def _disturbed(rig: Rig, scenes: list[Scene]) -> tuple[list[Problem], float]:
    """Run, with each fault made in its phase.

    Return what was wrong with the run as a whole, and in how many seconds it came to the change of
    the witness: 0 without a witness.
    """
    early = [one for one in scenes if one.cell.fault.before or one.cell.phase is CONNECT]
    for scene in early:
        scene.make()
    began = time.time()
    with ThreadPoolExecutor(len(scenes)) as pool:
        _start(rig, scenes)
        met = [pool.submit(scene.meet) for scene in scenes if scene not in early]
        well = all([ended(scene.run) for scene in scenes if scene.run])  # noqa: C419 - end them all
        for scene in scenes:
            scene.over()
        for one in met:
            one.result()
    problems = [] if well else [Problem(Hold.CONVERGES, f"the run had no end within {LONGEST} s")]
    alone = scenes[0].cell.fault.alone
    return problems, 0 if alone else _seconds_of_witness(scenes[0].folder, began)


def _seconds_of_witness(folder: Path, began: float) -> float:
    done = [one["at"] for one in events_in(folder, WITNESS, "changed")]
    return float(done[0]) - began if done else float("inf")


def _undisturbed(rig: Rig, scenes: list[Scene], folder: Path) -> float:
    """Run with the same work and no fault; return the seconds to the change of the witness.

    The workstation may be busy with something else: then this run is slow too.
    """
    for scene in scenes:
        rig.lab.sh(scene.host, scene.cell.phase.work)
    rig.lab.sh(WITNESS, WRITE.work)
    began = time.time()
    assert ended(start(rig.lab, "pyinfra", rig.all, folder))
    seconds = _seconds_of_witness(folder, began)
    assert seconds < LONGEST, f"without a fault, the witness was not changed: see {folder}"
    return seconds


def _start(rig: Rig, scenes: list[Scene]) -> None:
    """Start one run for all of them and the witness, or one for each."""
    if scenes[0].cell.fault.alone:
        for scene in scenes:
            scene.run = start(rig.lab, scene.cell.fault.command, [scene.host], scene.folder)
        return
    rig.lab.sh(WITNESS, WRITE.work)
    hosts = [*(scene.host for scene in scenes), WITNESS]
    run = start(rig.lab, "pyinfra", hosts, scenes[0].folder)
    for scene in scenes:
        scene.run = run


def _repaired(rig: Rig, scenes: list[Scene], outcomes: dict[str, Outcome], folder: Path) -> None:
    """Take the faults away, apply once, and see what is there."""
    for scene in scenes:
        scene.take_away()
    applied, planned = folder / "applied", folder / "planned"
    start(rig.lab, "pyinfra", rig.all, applied).wait(LONGEST)
    start(rig.lab, "pyinfra", rig.all, planned, mode="--dry").wait(LONGEST)
    rig.sound = not any(list(holds.converged(applied, planned, host)) for host in rig.all)
    for scene in scenes:
        outcomes[scene.host].problems += [
            *holds.converged(applied, planned, scene.host),
            *holds.nothing_lost(rig, scene.host),
            *holds.no_secret(rig, scene),
        ]
