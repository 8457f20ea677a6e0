"""What is written down of a fleet of twins, for any process to find it and clean up after it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from twins.network import Network

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FILE = "fleet.json"


@dataclass(frozen=True)
class TwinPlan:
    """One twin: its name, its address, its root filesystem, and the folder that is its own."""

    name: str
    address: str
    user: str
    rootfs: str
    folder: str
    nvme_bytes: int


@dataclass(frozen=True)
class Standin:
    """One stand-in program, to run beside the twins for as long as they run."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FleetPlan:
    """A fleet: what its supervisor is to run."""

    number: int
    state: str
    spec: str | None
    twins: tuple[TwinPlan, ...]
    standins: tuple[Standin, ...]

    @property
    def network(self) -> Network:
        """The network of this fleet."""
        return Network(self.number)

    def save(self, folder: Path) -> None:
        """Write the plan into the state folder, whole or not at all."""
        scratch = folder / f".{_FILE}"
        scratch.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        scratch.replace(folder / _FILE)


def load_plan(folder: Path) -> FleetPlan | None:
    """Return the plan that this state folder holds, or None if it holds none."""
    try:
        raw: dict[str, Any] = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    twins = tuple(TwinPlan(**twin) for twin in raw.pop("twins"))
    standins = tuple(
        Standin(one["name"], tuple(one["argv"]), one["env"]) for one in raw.pop("standins")
    )
    return FleetPlan(**raw, twins=twins, standins=standins)
