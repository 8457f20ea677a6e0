"""Twelve services on a board against one: what it costs to find that there is nothing to do.

`python -m bench.services`: one virtual Jetson that runs one server, then twelve. Counted are the
commands that go over SSH in a run, the programs that the board starts for its survey, and the time
of both.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from ruamel.yaml import YAML

from bench.cost import counted
from bench.fleet import converged, services, timed
from jetfleet.cli.lock import lock
from jetfleet.fleet.fleet import Fleet
from jetfleet.resources import RunOptions
from jetfleet.roles import base, docker, images, models, power, prune, record, serving, storage
from jetfleet.survey import survey
from twins.fleet import Fleet as Twins

ROLES = (base, storage, docker, power, images, models, serving, prune, record)
HOST = "orin1"
ROUNDS = 5
MOST = 12
VERBOSE = (
    "echo 'LogLevel VERBOSE' > /etc/ssh/sshd_config.d/00-count.conf; systemctl reload ssh;"
    "journalctl --sync"
)


def main() -> None:
    """Print the counts and medians for one service and for twelve, and their ratios."""
    with converged(1) as inventory:
        twins = Twins.find(inventory.with_suffix(".yaml"))
        if twins is None:
            sys.exit("the twins are gone")
        shell(twins, VERBOSE)
        rows = {}
        for count in (1, MOST):
            serve(inventory, count)
            rows[count] = measured(inventory, twins)
    print(f"{'':34}{'1 service':>12}{f'{MOST} services':>12}{'ratio':>8}")
    for name, one in rows[1].items():
        print(f"{name:34}{one:12.3f}{rows[MOST][name]:12.3f}{rows[MOST][name] / one:8.2f}")


def serve(inventory: Path, count: int) -> None:
    """Apply a spec with `count` services to the board."""
    path, yaml = inventory.with_suffix(".yaml"), YAML()
    spec = yaml.load(path.read_text(encoding="utf-8"))
    spec["hosts"][HOST]["services"] = services(count)
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(spec, file)
    lock(path, upgrade=False)
    print(f"apply with {count} services: {timed(inventory, 'deploys/llm.py'):.1f} s")


def measured(inventory: Path, twins: Twins) -> dict[str, float]:
    """Return what a run that changes nothing costs, and its survey alone."""
    wanted = Fleet.load(inventory.with_suffix(".yaml"), ROLES).wanted(ROLES)
    resources = wanted.resources(HOST).values()
    script = survey.script(resources, RunOptions())
    last = shell(twins, "journalctl --sync; journalctl -q -n 1 -o cat --show-cursor")
    run = timed(inventory, "deploys/llm.py")
    since = last.rsplit("cursor: ", 1)[1].strip()
    log = shell(twins, f"journalctl --sync; journalctl -q -o cat --after-cursor='{since}'")
    return {
        "resources": len(resources),
        "commands over SSH in a run": len(re.findall(r"^Starting session: ", log, re.MULTILINE)),
        "programs of its survey": len(shell(twins, counted(script)).split()),
        "seconds of the survey": middle(lambda: shell(twins, script)),
        "bytes of its answer": len(shell(twins, script)),
        "seconds of a run": middle(lambda: timed(inventory, "deploys/llm.py"), first=run),
    }


def middle(call: Callable[[], object], first: float | None = None) -> float:
    """Median of the seconds that some calls take."""
    seconds = [] if first is None else [first]
    while len(seconds) < ROUNDS:
        begun = time.monotonic()
        call()
        seconds.append(time.monotonic() - begun)
    return median(seconds)


def shell(twins: Twins, script: str) -> str:
    """Run a script in the twin by namespaces; its end does not matter."""
    return twins.exec(HOST, ["/bin/sh", "-c", script]).stdout


if __name__ == "__main__":
    sys.exit(main())
