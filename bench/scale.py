"""Runs that find nothing to do, by the size of a fleet: wall clock and processor.

`python -m bench.scale [HOSTS[xKINDS] …]`: farms of boards that are not there (`bench.farm`). The
floor is a process that connects to each board and runs `true` (`bench.floor`). Without sizes the
table is written to docs/performance.md too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench.farm.farm import farm
from bench.page import write
from bench.taken import BIN, Way, in_rounds

SIZES = ("8", "64", "200", "200x40", "500", "500x40", "1000")
ROUNDS = ((64, 7), (200, 3), (1 << 20, 2))
"""Rounds of farms up to a size; of few boards, the rest of the machine weighs more."""


def main() -> None:
    """Print a table in Markdown; in each round all ways are measured, one after the other."""
    table = []
    for line in lines(sys.argv[1:] or SIZES):
        print(line, flush=True)
        table.append(line)
    if not sys.argv[1:]:
        write("bench.scale", table)


def lines(sizes: Iterable[str]) -> Iterator[str]:
    """Yield the lines of the table, and the machine that it is of."""
    yield "| boards | way | wall, s | processor, s | x floor, wall | x floor, processor |"
    yield "|---|---|---|---|---|---|"
    for size in sizes:
        hosts, _, kinds = size.partition("x")
        with farm(int(hosts), int(kinds or 1)) as inventory:
            yield from measured(inventory, size)


def measured(inventory: Path, size: str) -> list[str]:
    """Return the lines of one farm."""
    spec = inventory.with_suffix(".yaml").name
    count = int(size.partition("x")[0])
    ways = {
        "floor": (sys.executable, "-m", "bench.floor", str(inventory.with_suffix(".yaml"))),
        "pyinfra -y": (str(BIN / "pyinfra"), "-y", inventory.name, "deploys/llm.py"),
        "jetfleet plan": (str(BIN / "jetfleet"), "plan", spec),
    }
    middle = in_rounds(
        {name: Way(command, inventory.parent) for name, command in ways.items()},
        next(rounds for most, rounds in ROUNDS if count <= most),
    )
    floor = middle["floor"]
    return [
        f"| {size} | {name} | {wall:.2f} | {processor:.2f} "
        f"| {wall / floor.wall:.1f} | {processor / floor.processor:.1f} |"
        for name, (wall, processor) in middle.items()
    ]


if __name__ == "__main__":
    main()
