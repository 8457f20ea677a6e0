"""Runs that find nothing to do, by the size of a fleet: wall clock and processor.

`python -m bench.scale [HOSTS[xKINDS] …]`: farms of boards that are not there (`bench.farm`). The
floor is a process that connects to each board and runs `true` (`bench.floor`). Without sizes the
table is written to docs/performance.md too.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median

from bench.farm.farm import farm
from bench.farm.spec import ROOT

BIN = Path(sys.executable).parent
SIZES = ("8", "64", "200", "200x40", "500", "1000")
ROUNDS = 3

PAGE = ROOT / "docs/performance.md"
BEGIN, END = "<!-- table of bench.scale -->", "<!-- end of the table -->"


def main() -> None:
    """Print a table in Markdown; in each round all ways are measured, one after the other."""
    table = []
    for line in lines(sys.argv[1:] or SIZES):
        print(line, flush=True)
        table.append(line)
    if not sys.argv[1:]:
        write(table)


def lines(sizes: Iterable[str]) -> Iterator[str]:
    """Yield the lines of the table, and the machine that it is of."""
    yield "| boards | way | wall, s | processor, s | x floor, wall | x floor, processor |"
    yield "|---|---|---|---|---|---|"
    for size in sizes:
        hosts, _, kinds = size.partition("x")
        with farm(int(hosts), int(kinds or 1)) as inventory:
            yield from measured(inventory, size)
    version = platform.python_version()
    yield ""
    yield f"{os.cpu_count()} processors ({platform.machine()}), Linux, Python {version}."


def write(table: Sequence[str]) -> None:
    """Write the table to its page."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page = [f"{before}{BEGIN}", *table, f"{END}{after}"]
    PAGE.write_text("\n".join(page), encoding="utf-8")


def measured(inventory: Path, size: str) -> list[str]:
    """Return the lines of one farm."""
    spec = inventory.with_suffix(".yaml").name
    ways = {
        "floor": [sys.executable, "-m", "bench.floor", str(inventory.with_suffix(".yaml"))],
        "pyinfra -y": [str(BIN / "pyinfra"), "-y", inventory.name, "deploys/llm.py"],
        "jetfleet plan": [str(BIN / "jetfleet"), "plan", spec],
    }
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, command in ways.items():
            taken[name].append(timed(command, inventory.parent))
    middle = {
        name: tuple(median(column) for column in zip(*rounds, strict=True))
        for name, rounds in taken.items()
    }
    wall_of_floor, processor_of_floor = middle["floor"]
    return [
        f"| {size} | {name} | {wall:.2f} | {processor:.2f} "
        f"| {wall / wall_of_floor:.1f} | {processor / processor_of_floor:.1f} |"
        for name, (wall, processor) in middle.items()
    ]


def timed(command: list[str], folder: Path) -> tuple[float, float]:
    """Return the seconds of a command, and those of a processor with all that it started."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYINFRA_PROGRESS": "off"}
    begun = time.monotonic()
    child = subprocess.Popen(
        command, cwd=folder, env=environ, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    said = child.stderr.read().decode(errors="replace") if child.stderr else ""
    _, ended, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(ended)
    if child.returncode:
        sys.exit(f"{command} ended with {child.returncode}:\n{said[-2000:]}")
    return time.monotonic() - begun, usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
