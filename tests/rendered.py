"""The example fleet as values: what its roles want, without any host, network or secret."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from jetfleet.fleet import Fleet, Wanted
from jetfleet.lock import Lock
from jetfleet.lock.file import load_lock
from jetfleet.validate import load_checked
from jetfleet.workstation import Workstation
from roles import base, docker, images, models, power, prune, record, serving, storage

ROOT = Path(__file__).parent.parent
ROLES: tuple[ModuleType, ...] = (
    base,
    storage,
    docker,
    power,
    images,
    models,
    serving,
    prune,
    record,
)


def wanted(spec: Path, lock: Lock | None = None) -> Wanted:
    """What all roles want on the hosts of a spec."""
    loaded, _ = load_checked(spec)
    locked = lock or load_lock(ROOT / "tests/lock.yaml")
    return Fleet(loaded, locked, Workstation(known_hosts=ROOT / "none")).wanted(ROLES)


def lab() -> Wanted:
    """What all roles want on the hosts of the example spec."""
    return wanted(ROOT / "inventory/lab.yaml")
