"""`jetfleet plan` of eight virtual Jetsons against opening eight SSH connections.

The measure of a plan is what it cannot be without: a connection to each board. It is taken twice
in the same rounds: by pyinfra, which opens all at once and runs `true`, and by OpenSSH's client,
eight processes at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.fleet import BIN, ROOT, converged
from jetfleet.environment import RUN_FOLDER
from tests.support.lab import Lab
from tests.support.sshlog import commands_of, counting
from twins.fleet import Fleet

TWINS = 8
ROUNDS = 7
LIMIT = 2.5


def main() -> None:
    """Print medians and ratios; the rounds alternate, so that all see the same load."""
    with converged(TWINS) as inventory:
        spec = inventory.with_suffix(".yaml")
        fleet = Fleet.find(spec)
        if fleet is None:
            sys.exit("the twins are gone")
        ways = {
            "plan": lambda: plan(spec),
            "pyinfra": lambda: run("pyinfra", "-y", str(inventory), "exec", "--", "true"),
            "ssh": lambda: ssh(fleet),
        }
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                begun = time.monotonic()
                way()
                seconds[name].append(time.monotonic() - begun)
        ours, by_pyinfra, by_ssh = (median(seconds[name]) for name in ways)
        print(f"jetfleet plan of {TWINS} twins: {ours:.2f} s")
        for what, taken in (("pyinfra", by_pyinfra), ("OpenSSH", by_ssh)):
            print(
                f"  {TWINS} connections and `true` by {what}: {taken:.2f} s, {ours / taken:.2f} x"
            )
        print(f"  wanted: under {LIMIT} x")
        count(spec, fleet)


def count(spec: Path, fleet: Fleet) -> None:
    """Print how many commands came to a board, by its own log."""
    lab, hosts = Lab(spec, fleet), tuple(fleet.hosts)
    with counting(lab, hosts):
        counted = commands_of(lab, hosts, lambda: plan(spec))
    print(f"SSH commands a host: {sorted(set(counted.values()))}")


def plan(spec: Path) -> None:
    """Plan once; the boards have converged, so there is nothing to do."""
    with tempfile.TemporaryDirectory() as folder:
        run("jetfleet", "plan", str(spec), environ={RUN_FOLDER: folder})


def run(*command: str, environ: dict[str, str] | None = None) -> None:
    """Run a command of the virtual environment; it must succeed."""
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT,
        env={**os.environ, **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def ssh(fleet: Fleet) -> None:
    """Log in on all at once by OpenSSH's client, and run `true` on each."""
    started = [
        subprocess.Popen(
            ["ssh", "-i", str(twin.key), "-o", f"UserKnownHostsFile={twin.known_hosts}",
             "-o", "StrictHostKeyChecking=yes", f"{twin.user}@{twin.address}", "true"],
            stdin=subprocess.DEVNULL,
        )
        for twin in fleet.hosts.values()
    ]  # fmt: skip
    ended = [process.wait() for process in started]
    if any(ended):
        sys.exit("a twin could not be logged in on")


if __name__ == "__main__":
    main()
