"""Six virtual Jetsons of eight, beside one whose Docker and one whose sshd are stopped.

`python -m bench.stopped`: needs root, and takes eight minutes. In each round `jetfleet apply`
brings a change to the six alone, then to all eight: right after the first change of the two has
begun, all processes of `dockerd` or of `sshd` get SIGSTOP. Both times count to the last of the six
that has been verified, from the begin of the first change, so that the plan is not in it.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench.page import write
from tests.support.lab import until
from tests.support.stopped_boards import Apply, stopped
from tests.support.twin_rollouts import TwinRollouts, twin_rollouts

ROUNDS = 3
HANG = {"b1": "dockerd", "b2": "sshd"}
SIX = [f"b{number}" for number in range(3, 9)]
PATIENCE = 300


def main() -> None:
    """Print a table in Markdown, and write it to docs/performance.md."""
    table = []
    for line in lines():
        print(line, flush=True)
        table.append(line)
    write("bench.stopped", table)


def lines() -> Iterator[str]:
    """Yield the lines of the table."""
    alone, beside, ends = [], [], []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with twin_rollouts(folder, len(SIX) + len(HANG)) as twins:
            for number in range(ROUNDS):
                alone.append(by_themselves(twins, folder / f"alone-{number}", number))
                seconds, whole = with_two(twins, folder / f"beside-{number}", number)
                beside.append(seconds)
                ends.append(whole)
                twins.lab.converge()
    yield "| what | measured | against | ratio | wanted |"
    yield "|---|---|---|---|---|"
    yield (
        f"| {len(SIX)} of 8 boards, changed and verified, beside a `dockerd` and an `sshd` that "
        f"are stopped | {median(beside):.1f} s | {median(alone):.1f} s, alone "
        f"| {median(beside) / median(alone):.2f} | 1.2 |"
    )
    yield f"| the whole run, with `--timeout 60` | {median(ends):.1f} s | | | |"


def by_themselves(twins: TwinRollouts, folder: Path, number: int) -> float:
    """Return the seconds of the six without the two."""
    twins.commit(f"alone {number}")
    apply = Apply.start(twins.lab, folder, SIX)
    apply.process.wait(PATIENCE)
    return seconds_of(apply)


def with_two(twins: TwinRollouts, folder: Path, number: int) -> tuple[float, float]:
    """Return the seconds of the six beside the two, and those of the whole run."""
    twins.commit(f"beside {number}")
    begun = time.monotonic()
    apply = Apply.start(twins.lab, folder)
    with ExitStack() as stack:
        for host, program in HANG.items():
            apply.wait_begun(host)
            stack.enter_context(stopped(twins.lab, host, program))
        until(lambda: all(map(apply.verified, SIX)), "the six", PATIENCE)
        apply.process.wait(PATIENCE)
    return seconds_of(apply), time.monotonic() - begun


def seconds_of(apply: Apply) -> float:
    """Return the seconds between the first change of the six and the last verification."""
    first = min(one["at"] for host in SIX for one in apply.events(host, "started"))
    return max(map(apply.verified, SIX)) - (float(first) - apply.begun)


if __name__ == "__main__":
    main()
