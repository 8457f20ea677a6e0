"""A scratch fleet of equal virtual Jetsons, converged, for measurements."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from jetfleet.cli.lock import lock
from twins.fleet import Fleet

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


@contextmanager
def converged(count: int) -> Iterator[Path]:
    """Yield the inventory of `count` twins of the example's `orin`, applied once; end them."""
    with tempfile.TemporaryDirectory() as scratch:
        spec = Path(scratch) / "bench.yaml"
        yaml = YAML()
        body = yaml.load((ROOT / "inventory/lab.yaml").read_text(encoding="utf-8"))
        orin = body["hosts"]["orin"]
        body["boards"]["agx-orin"]["power"] = {"mode": "MODE_30W"}  # the default: no reboot
        body["hosts"] = {
            f"orin{number}": {**orin, "address": f"192.0.2.{number}"}
            for number in range(1, count + 1)
        }
        with spec.open("w", encoding="utf-8") as file:
            yaml.dump(body, file)
        inventory = spec.with_suffix(".py")
        inventory.write_text((ROOT / "inventory/lab.py").read_text(encoding="utf-8"))
        begun = time.monotonic()
        fleet = Fleet.up(spec, owner_pid=os.getpid())
        print(f"{count} twins up in {time.monotonic() - begun:.1f} s")
        try:
            lock(spec, upgrade=False)
            seconds = timed(inventory, "deploys/llm.py")
            print(f"first apply, from bare boards: {seconds:.1f} s")
            yield inventory
        finally:
            fleet.down()


def timed(inventory: Path, deploy: str, *, plan: bool = False) -> float:
    """Seconds that a run of pyinfra takes; it must succeed.

    With `plan` it shows its plan before it applies it, as pyinfra does without ``-y``; its
    question is answered at once.
    """
    options = [] if plan else ["-y"]
    begun = time.monotonic()
    done = subprocess.run(
        [str(BIN / "pyinfra"), *options, str(inventory), deploy],
        cwd=ROOT,
        input="\n",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"the run failed:\n{done.stderr}")
    return time.monotonic() - begun


def services(count: int) -> dict[str, dict[str, Any]]:
    """Return `count` servers of one small model, as a host's `services`; together they fit."""
    return {
        f"cosmos{number}" if number else "cosmos": {
            "runtime": "vllm",
            "model": "cosmos-reason2-2b",
            "port": 8000 + number,
            "flags": {"gpu-memory-utilization": 0.07, "max-model-len": 256},
        }
        for number in range(count)
    }
