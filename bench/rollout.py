"""A rollout of 1,000 simulated boards by one controller: its rate, its processor time, its memory.

`python -m bench.rollout [HOSTS]`. A board is a row of a file that says when it begins and ends, so
all that is measured is the controller: decisions, events on the disk, and their fold. Goals: at
least 800 boards a minute, at most 25 ms of processor a board, less than 300 MB, a fold of the
whole event table in less than a second, and the first board of a resumed rollout in less than five.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

from jetfleet.rollout.decide import decide
from jetfleet.rollout.fold import fold
from jetfleet.rollout.store import Store
from tests.support.rollouts import controller, rollout_of, simulated
from tests.support.simulated_boards import RealClock

HOSTS = 1000
SITES, AT_ONCE = 4, 25
SECONDS = 0.5
ROUNDS = 5


def main() -> None:
    """Print one line for each figure."""
    hosts = int(sys.argv[1]) if len(sys.argv) > 1 else HOSTS
    waves = (20, hosts // 10, hosts - 20 - hosts // 10)
    rollout = rollout_of(waves, sites=SITES, at_once=AT_ONCE)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        boards = simulated(folder, clock=RealClock(), seconds=SECONDS)
        driven = controller(folder, rollout, boards)
        began, used = time.perf_counter(), time.process_time()
        driven.run()
        wall, cpu = time.perf_counter() - began, time.process_time() - used
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        tasks = len(driven.state.tasks)
        print(f"{hosts} boards at {SITES} sites of {AT_ONCE}, {tasks} tasks: {wall:.1f} s")
        print(f"rate: {hosts / wall * 60:.0f} boards a minute")
        print(f"processor: {cpu / hosts * 1000:.1f} ms a board")
        print(f"memory: {peak:.0f} MB at its peak, interpreter and imports included")
        happened = [event for _, event in driven.store.events(rollout.id)]
        print(f"events: {len(happened)}")
        folds = [timed(lambda: fold(rollout, happened)) for _ in range(ROUNDS)]
        reads = [timed(lambda: driven.store.events(rollout.id)) for _ in range(ROUNDS)]
        print(f"fold: {median(folds):.3f} s, after reading them in {median(reads):.3f} s")
        half = fold(rollout, happened[: len(happened) // 2])
        at = happened[len(happened) // 2].at
        once = median([timed(lambda: decide(half, rollout, at)) for _ in range(ROUNDS)])
        print(f"decide: {once * 1000:.1f} ms in the middle of it")
    print(f"first board after a kill: {resumed(hosts):.2f} s")


def timed(work: object) -> float:
    """Return the seconds that a call takes."""
    began = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - began


def resumed(hosts: int) -> float:
    """Return the seconds from a controller's start to its first new board, after a kill -9."""
    rollout = rollout_of((20, hosts - 20), sites=SITES, at_once=AT_ONCE)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        child = os.fork()
        if child == 0:
            controller(folder, rollout, simulated(folder, clock=RealClock(), seconds=SECONDS)).run()
            os._exit(0)
        time.sleep(3)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        boards = simulated(folder, clock=RealClock(), seconds=SECONDS)
        before, began = len(boards.rows), time.time()
        Store(folder / "rollouts.sqlite").close()
        controller(folder, replace(rollout), boards).run()
        return boards.rows[before].starts - began


if __name__ == "__main__":
    main()
