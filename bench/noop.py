"""A run that finds nothing to do, by jetfleet and its peers, on the same eight virtual Jetsons.

`python -m bench.noop`: needs root, and for the first time a package registry, from which Ansible is
installed. It takes six minutes. In each round all ways are measured, one after the other. The
floor is a process that logs in on all boards at once and runs `true` (`bench.floor`).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.fleet import converged
from bench.page import write
from bench.playbook import Ansible
from bench.taken import BIN, ROOT, Taken, Way, in_rounds, measured
from jetfleet.environment import RUN_FOLDER
from jetfleet.fleet.deploy import roles_of
from jetfleet.fleet.fleet import Fleet
from tests.support.lab import Lab
from tests.support.sshlog import commands_of, counting
from twins.fleet import Fleet as Twins
from twins.fleet import TwinInfo

TWINS = 8
ROUNDS = 7
ROUNDS_OF_STOCK = 3
FLOOR = "floor"
DEPLOY = "deploys/llm.py"


def main() -> None:
    """Print a table in Markdown, and write it to docs/performance.md."""
    with converged(TWINS) as inventory, tempfile.TemporaryDirectory() as scratch:
        spec = inventory.with_suffix(".yaml")
        twins = Twins.find(spec)
        if twins is None:
            sys.exit("the twins are gone")
        found = ways(inventory, twins.hosts, Path(scratch))
        for way in found.values():
            measured(way)  # once before all rounds: what is made at a first run is not measured
        table = []
        for line in lines(in_rounds(found, ROUNDS)):
            print(line, flush=True)
            table.append(line)
        count(spec, twins, found["jetfleet plan"])
    write("bench.noop", table)


def ways(inventory: Path, twins: Mapping[str, TwinInfo], scratch: Path) -> Mapping[str, Way]:
    """Return the ways, by name."""
    spec, pyinfra = inventory.with_suffix(".yaml"), str(BIN / "pyinfra")
    roles = roles_of(ROOT / DEPLOY)
    wanted = Fleet.load(spec, roles).wanted(roles)
    ansible = Ansible(scratch, twins, {name: [*wanted.resources(name).values()] for name in twins})
    runs = {RUN_FOLDER: "", "XDG_STATE_HOME": str(scratch)}  # the folders of runs
    overlay = str(inventory.with_suffix(".twins.yaml"))
    return {
        FLOOR: Way((sys.executable, "-m", "bench.floor", overlay)),
        "pyinfra exec true": Way((pyinfra, "-y", str(inventory), "exec", "--", "true")),
        "pyinfra -y, jetfleet": Way((pyinfra, "-y", str(inventory), DEPLOY)),
        "pyinfra, jetfleet": Way((pyinfra, str(inventory), DEPLOY), keys=b"\n"),
        "jetfleet plan": Way((str(BIN / "jetfleet"), "plan", str(spec)), environ=runs),
        "pyinfra -y, stock operations": Way(
            (pyinfra, "-y", str(inventory), "bench/stock.py"), rounds=ROUNDS_OF_STOCK
        ),
        "pyinfra, stock operations": Way(
            (pyinfra, str(inventory), "bench/stock.py"), keys=b"\n", rounds=ROUNDS_OF_STOCK
        ),
        "Ansible + Mitogen": ansible.way(mitogen=True),
        "Ansible": ansible.way(mitogen=False),
    }


def lines(taken: Mapping[str, Taken]) -> Iterator[str]:
    """Yield the lines of the table."""
    floor = taken[FLOOR]
    yield "| way | wall, s | processor, s | x floor, wall | x floor, processor |"
    yield "|---|---|---|---|---|"
    for name, (wall, processor) in taken.items():
        yield (
            f"| {name} | {wall:.2f} | {processor:.2f} | {wall / floor.wall:.1f} "
            f"| {processor / floor.processor:.1f} |"
        )


def count(spec: Path, twins: Twins, plan: Way) -> None:
    """Print how many commands come to a board in a plan, by its own log."""
    lab, hosts = Lab(spec, twins), tuple(twins.hosts)
    with counting(lab, hosts):
        counted = commands_of(lab, hosts, lambda: measured(plan))
    print(f"SSH commands of a plan, on each board: {sorted(set(counted.values()))}")


if __name__ == "__main__":
    main()
