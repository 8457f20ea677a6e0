"""Whether boards wait for each other, and whether a fleet may be larger than the limit of files.

`python -m bench.pace`: stand-ins of boards on loopback; needs neither root nor network, and takes
three minutes.

- Ten boards, each with a service of another name that takes five seconds to start.
- Eight boards whose services start; on one the start never answers. The time of the other seven is
  measured against a run of these seven alone.
- 500 boards in sync, with a limit of 256 open files.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from bench.farm.farm import farm
from bench.farm.starts import Starts
from bench.page import write
from bench.taken import BIN, Way, environ_of, measured
from jetfleet.environment import RUN_FOLDER
from jetfleet.events.event import Completed
from jetfleet.events.read import events_of

ROUNDS = 3
BOARDS, SECONDS = 10, 5.0
OTHERS, START_SECONDS = 7, 3.0
HOSTS, FILES = 500, 256
PATIENCE = 120
"""Seconds that the seven may need at most."""


def main() -> None:
    """Print a table in Markdown, and write it to docs/performance.md."""
    table = []
    for line in lines():
        print(line, flush=True)
        table.append(line)
    write("bench.pace", table)


def lines() -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| what | measured | against | ratio | wanted |"
    yield "|---|---|---|---|---|"
    taken = differently_named()
    yield (
        f"| {BOARDS} boards start {BOARDS} services of different names, {SECONDS:.0f} s each "
        f"| {taken:.1f} s | {SECONDS:.0f} s, one start | {taken / SECONDS:.2f} | 1.4 |"
    )
    beside, alone = beside_one_that_hangs()
    yield (
        f"| {OTHERS} boards, beside one whose start hangs | {beside:.1f} s | {alone:.1f} s, alone "
        f"| {beside / alone:.2f} | 1.2 |"
    )
    for name, (usual, few) in with_few_files().items():
        yield (
            f"| `{name}`, {HOSTS} boards, {FILES} open files at most, all in sync | {few:.1f} s "
            f"| {usual:.1f} s without that limit | {few / usual:.2f} | |"
        )


def differently_named() -> float:
    """Return the seconds of a run that starts a service on each of ten boards; the median."""
    found = []
    for _ in range(ROUNDS):
        with farm(BOARDS, BOARDS, 1, Starts(SECONDS)) as inventory:
            found.append(measured(apply(inventory)).wall)
    return median(found)


def apply(inventory: Path, *options: str) -> Way:
    """Return the run of pyinfra that applies a farm."""
    command = (str(BIN / "pyinfra"), "-y", *options, inventory.name, "deploys/llm.py")
    return Way(command, inventory.parent)


def beside_one_that_hangs() -> tuple[float, float]:
    """Return when the last of seven boards is done, beside one that hangs and alone; medians."""
    names = [f"b{number:04}" for number in range(1, OTHERS + 1)]
    only = [word for name in names for word in ("--limit", name)]
    taken: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(ROUNDS):
        for hangs in (True, False):
            with farm(OTHERS + 1, starts=Starts(START_SECONDS, (0,) if hangs else ())) as inventory:
                way = apply(inventory, *([] if hangs else only))
                taken[hangs].append(until_completed(way, names))
    return median(taken[True]), median(taken[False])


def until_completed(way: Way, names: Sequence[str]) -> float:
    """Return the seconds until these hosts are done; the run is then ended."""
    with tempfile.TemporaryDirectory() as scratch:
        begun = time.time()
        run = subprocess.Popen(
            way.command, cwd=way.folder, env={**environ_of(way), RUN_FOLDER: scratch},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            while time.time() - begun < PATIENCE:
                done = [at for name in names for at in completed(Path(scratch), name)]
                if len(done) == len(names):
                    return max(done) - begun
                time.sleep(0.2)
        finally:
            run.kill()
            run.wait()
    sys.exit(f"after {PATIENCE} s not all of {', '.join(names)} were done")


def completed(folder: Path, host: str) -> list[float]:
    """Return when a host was done, in seconds since 1970; nothing if it is not yet."""
    return [one.at for one in events_of(folder, host) if isinstance(one, Completed)]


def with_few_files() -> dict[str, tuple[float, float]]:
    """Return the seconds without and with a limit of open files, by command.

    This process ends where a board was not found in sync.
    """
    found = {}
    with farm(HOSTS) as inventory:
        jetfleet = str(BIN / "jetfleet")
        ways = {
            "pyinfra -y": apply(inventory),
            "jetfleet plan": Way((jetfleet, "plan", "farm.yaml"), inventory.parent),
        }
        for name, way in ways.items():
            usual = measured(way).wall
            found[name] = usual, max(measured(limited(way, hard)).wall for hard in (False, True))
        check_states(inventory)
    return found


def limited(way: Way, hard: bool) -> Way:  # noqa: FBT001 - the kind of limit is all that it says
    """Return the same with a limit of open files: a soft one, or one that it cannot raise."""
    script = f"ulimit {'-n' if hard else '-S -n'} {FILES} && exec {shlex.join(way.command)}"
    return Way(("/bin/sh", "-c", script), way.folder)


def check_states(inventory: Path) -> None:
    """End this process unless each board is in sync, as `jetfleet plan` says with few files."""
    command = (str(BIN / "jetfleet"), "plan", "farm.yaml", "--json")
    way = limited(Way(command, inventory.parent), hard=True)
    done = subprocess.run(
        way.command, cwd=way.folder, env=environ_of(way), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    states = {host["state"] for host in json.loads(done.stdout)["hosts"]}
    if states != {"in-sync"}:
        sys.exit(f"with {FILES} open files boards are {', '.join(sorted(states))}")


if __name__ == "__main__":
    main()
