"""Runs that find nothing to do, by the size of a fleet: wall clock and processor.

`python -m bench.scale [HOSTS[xKINDS] …]`: farms of boards that are not there (`bench.farm`). The
floor is a process that connects to each board and runs `true` (`bench.floor`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from bench.farm.farm import farm
from bench.farm.spec import ROOT

BIN = Path(sys.executable).parent
SIZES = ("8", "64", "200", "500", "200x40")
ROUNDS = 3


def main() -> None:
    """Print a table in Markdown; in each round all ways are measured, one after the other."""
    print("| boards | way | wall, s | processor, s | x floor, wall | x floor, processor |")
    print("|---|---|---|---|---|---|")
    for size in sys.argv[1:] or SIZES:
        hosts, _, kinds = size.partition("x")
        with farm(int(hosts), int(kinds or 1)) as inventory:
            for line in measured(inventory, size):
                print(line, flush=True)


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
