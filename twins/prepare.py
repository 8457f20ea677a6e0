"""From boards to a plan: root filesystems, keys, layers and stand-ins of one fleet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from twins.flashed import PASSWORD
from twins.keys import key_pair
from twins.layer import Surroundings, write_layer
from twins.network import HOSTS, Network
from twins.rootfs import Recipe, ensure_rootfs, recipe_for
from twins.standins import ca_file, commands, prepare, wait_ready
from twins.state import FleetPlan, Standin, TwinPlan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from twins.board import TwinBoard

NVME_BYTES = 16 * 2**30


@dataclass(frozen=True)
class Ground:
    """Where a fleet is prepared: its state folder, the common cache, its number."""

    state: Path
    cache: Path
    number: int

    @property
    def known_hosts(self) -> Path:
        """The pinned host keys of all twins."""
        return self.state / "known_hosts"

    @property
    def login_key(self) -> Path:
        """The private key that logs in on all twins."""
        return self.state / "id_ed25519"


def make_plan(
    boards: Sequence[TwinBoard],
    ground: Ground,
    spec: Path | None,
    sizes: Mapping[str, int] | None = None,
) -> FleetPlan:
    """Write all files that the twins of these boards need, and return what to run.

    `sizes`: weight bytes of models on the stand-in hubs by target, for tests.
    """
    if len(boards) > HOSTS:
        raise FleetError(f"A fleet of twins has at most {HOSTS} hosts, not {len(boards)}.")
    network = Network(ground.number)
    login = key_pair(ground.login_key)
    standins = _standins(ground, network, sizes)
    roots = _rootfs_of(boards, ground.cache)
    authority = ca_file(ground.cache).read_text(encoding="ascii")
    twins = []
    pinned = []
    for place, board in enumerate(boards):
        folder = ground.state / "hosts" / board.name
        folder.mkdir(parents=True, exist_ok=True)
        address = network.host(place)
        host_key = key_pair(folder / "ssh_host_ed25519_key")
        around = Surroundings(f"{address}/24", network.names(), host_key, login, authority)
        root = roots[_recipe(board)]
        write_layer(folder / "board", board, around, root)
        pinned.append(f"{address} {host_key.public}\n")
        password = PASSWORD if board.flashed else ""
        twins.append(
            TwinPlan(board.name, address, board.user, str(root), str(folder), NVME_BYTES, password)
        )
    ground.known_hosts.write_text("".join(pinned), encoding="ascii")
    return FleetPlan(
        number=ground.number,
        state=str(ground.state),
        spec=None if spec is None else str(spec),
        twins=tuple(twins),
        standins=standins,
    )


def wait_standins(ground: Ground) -> None:
    """Return once the stand-ins answer; FleetError if one does not."""
    network = Network(ground.number)
    wait_ready(ground.cache, network.registry, network.hubs)


def _rootfs_of(boards: Sequence[TwinBoard], cache: Path) -> dict[Recipe, Path]:
    different = list(dict.fromkeys(_recipe(board) for board in boards))
    with ThreadPoolExecutor() as pool:
        paths = pool.map(lambda one: ensure_rootfs(one, cache), different)
        return dict(zip(different, paths, strict=True))


def _recipe(board: TwinBoard) -> Recipe:
    return Recipe(board.suite) if board.suite else recipe_for(board.l4t)


def _standins(
    ground: Ground, network: Network, sizes: Mapping[str, int] | None
) -> tuple[Standin, ...]:
    prepare(ground.cache)
    started = commands(ground.state, ground.cache, network.registry, network.hubs, sizes=sizes)
    return tuple(Standin(one.name, tuple(one.argv), dict(one.env)) for one in started)
