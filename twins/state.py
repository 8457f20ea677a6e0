"""The state file of a fleet of twins: any process can find the fleet by it, and clean up."""

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
    """One twin: its name, its address, its root filesystem, and its own folder."""

    name: str
    address: str
    user: str
    rootfs: str
    folder: str
    nvme_bytes: int
    password: str = ""  # of its user, if that has no key


@dataclass(frozen=True)
class Standin:
    """One stand-in program, which runs as long as the twins do."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FleetPlan:
    """A fleet: what its supervisor runs."""

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
        """Write the plan into the state folder, atomically."""
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
