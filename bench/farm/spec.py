"""The spec of a farm: equal boards, or boards that share few of their services."""

from __future__ import annotations

import os
import subprocess
from itertools import count
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent.parent
FIRST_PORT = 20000
"""Of the first board; the next have the next ones."""

_NEXT = count(1)

MODEL = "cosmos-reason2-2b"
EACH = 3
"""Services of a board in a mixed farm."""


def write_farm(folder: Path, hosts: int, kinds: int, each: int = EACH) -> Path:
    """Write spec, lock, inventory, keys and deploys of a farm, and return the inventory.

    Parameters
    ----------
    kinds:
        Names of services in the whole fleet: with 1 all boards are equal; else no neighbour has
        the same.
    each:
        Services of a board, where there are several names.

    """
    yaml, address = YAML(), _address()
    body: dict[str, Any] = yaml.load((ROOT / "inventory/lab.yaml").read_text(encoding="utf-8"))
    key, known = folder / "key", folder / "known_hosts"
    for made in ("key", "host"):
        keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / made)]
        subprocess.run(keygen, check=True)
    named = [f"b{number:04}" for number in range(hosts)]
    body["defaults"]["ssh"] = {"user": "nvidia", "key": str(key)}
    body["hosts"] = {
        name: {
            "board": "agx-orin",
            "address": address,
            "port": FIRST_PORT + number,
            "services": _services(number, kinds, each),
        }
        for number, name in enumerate(named)
    }
    spec = folder / "farm.yaml"
    with spec.open("w", encoding="utf-8") as file:
        yaml.dump(body, file)
    lock = (ROOT / "tests/data/lock.yaml").read_text(encoding="utf-8")
    spec.with_suffix(".lock.yaml").write_text(lock, encoding="utf-8")
    (folder / "deploys").mkdir()
    for deploy in ("llm", "verify"):
        text = (ROOT / f"deploys/{deploy}.py").read_text(encoding="utf-8")
        (folder / f"deploys/{deploy}.py").write_text(text, encoding="utf-8")
    inventory = spec.with_suffix(".py")
    inventory.write_text((ROOT / "inventory/lab.py").read_text(encoding="utf-8"), encoding="utf-8")
    public = key.with_name("host.pub").read_text(encoding="utf-8")
    known.write_text(
        "".join(f"[{address}]:{FIRST_PORT + number} {public}" for number in range(hosts)),
        encoding="utf-8",
    )
    return inventory


def _address() -> str:
    """Return an address of loopback that no other farm has; Linux has all of 127.0.0.0/8."""
    pid = os.getpid()
    return f"127.{1 + pid // 256 % 200}.{pid % 256}.{next(_NEXT) % 250}"


def _services(number: int, kinds: int, each: int) -> dict[str, Any]:
    mine = [0] if kinds == 1 else [(number * each + one) % kinds for one in range(each)]
    return {
        f"s{kind:03}": {
            "runtime": "vllm",
            "model": MODEL,
            "port": 8000 + kind,
            "flags": {"gpu-memory-utilization": 0.25, "max-model-len": 256},
        }
        for kind in mine
    }
