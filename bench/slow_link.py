"""A run over a slow line: how often it waits for a board, against `true` by paramiko.

`python -m bench.slow_link [ROUNDS]`: a farm of boards that are not there (`bench.farm`), behind a
line of 200 ms (`bench.link`), without and with stalls. Without an argument the table is written to
docs/performance.md too.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from ruamel.yaml import YAML

from bench.farm.farm import farm
from bench.farm.spec import FIRST_PORT
from bench.link import Line, proxy
from bench.page import write
from bench.taken import BIN, Way, measured

HOSTS = 8
ROUNDS = 5
RTT = 0.2
LINES = {"200 ms": Line(RTT), "200 ms, 5 % stalls": Line(RTT, stalls=0.05)}


def main() -> None:
    """Print a table in Markdown; in each round all ways are measured, one after the other."""
    table = []
    for line in lines(int(sys.argv[1]) if sys.argv[1:] else ROUNDS):
        print(line, flush=True)
        table.append(line)
    if not sys.argv[1:]:
        write("bench.slow_link", table)


def lines(rounds: int) -> Iterator[str]:
    """Yield the lines of the table."""
    with farm(HOSTS) as inventory, behind(inventory) as (far, address, target):
        ways = {
            "true": [sys.executable, "-m", "bench.floor", str(far.with_suffix(".yaml"))],
            "pyinfra -y": [str(BIN / "pyinfra"), "-y", far.name, "deploys/llm.py"],
            "jetfleet plan": [str(BIN / "jetfleet"), "plan", far.with_suffix(".yaml").name],
        }

        def run(line: Line, way: str) -> tuple[float, float, float]:
            ports = [FIRST_PORT + number for number in range(HOSTS)]
            with proxy(line, address, target, ports) as carried:
                wall = measured(Way(ways[way], far.parent)).wall
            waits = median(one.waits for one in carried.connections)
            return waits, wall, sum(one.up for one in carried.connections) / HOSTS / 1024

        taken: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
        for _ in range(rounds):
            for name, line in LINES.items():
                for way in ways:
                    taken.setdefault((name, way), []).append(run(line, way))
    yield "| line | way | waits | x true | sent, KiB | wall, s |"
    yield "|---|---|---|---|---|---|"
    middle = {k: tuple(map(median, zip(*v, strict=True))) for k, v in taken.items()}
    for (name, way), (waits, wall, sent) in middle.items():
        ratio = waits / middle[name, "true"][0]
        yield f"| {name} | {way} | {waits:.0f} | {ratio:.1f} | {sent:.0f} | {wall:.2f} |"


@contextmanager
def behind(inventory: Path) -> Iterator[tuple[Path, str, str]]:
    """Yield the inventory of the same farm behind a line; where it listens, and the farm does."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "far"
        shutil.copytree(inventory.parent, folder)
        spec = YAML(typ="safe").load(inventory.with_suffix(".yaml").read_text(encoding="utf-8"))
        target = next(iter(spec["hosts"].values()))["address"]
        address = f"{target}1" if target[-2] == "." else f"{target[:-1]}"
        for name in (f"{inventory.stem}.yaml", "known_hosts"):
            text = (folder / name).read_text(encoding="utf-8").replace(target, address)
            (folder / name).write_text(text, encoding="utf-8")
        yield folder / inventory.name, address, target


if __name__ == "__main__":
    main()
