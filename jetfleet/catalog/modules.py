"""Jetson modules: their properties, and how a running board identifies its module."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from jetfleet.catalog.data_file import read_data, sources
from jetfleet.catalog.l4t import Release, newest_of_jetpack, releases
from jetfleet.catalog.version import within
from jetfleet.errors import FleetError

if TYPE_CHECKING:
    from jetfleet.spec.model import HostSpec


@dataclass(frozen=True)
class Module:
    """One module. `unverified` names the fields that are estimates or have only one source."""

    name: str
    title: str
    part: str
    tree_parts: tuple[str, ...]  # part numbers that its device tree may have
    soc: str
    soc_id: str
    sm: int
    memory_gib: int
    memory_gbps: float  # peak bandwidth of the memory, 10^9 bytes a second
    memtotal_kib: int  # what /proc/meminfo shows
    cpus: int
    cuda_cores: int
    carrier: str
    dt_model: str  # /sys/firmware/devicetree/base/model
    dt_compatible: tuple[str, ...]  # most specific first
    nvpmodel: str | None  # the conf, such as "p3701_0000"; None: not known
    since: str | None  # the first L4T that knows it, where a source says so
    sources: tuple[str, ...]
    unverified: frozenset[str]

    @property
    def super(self) -> bool:
        """Whether the device tree has the Super power modes."""
        return self.dt_compatible[0].endswith("-super")

    @cache  # noqa: B019 - a module is one of a table that lasts as long as the process
    def releases(self) -> tuple[Release, ...]:
        """Return the releases that exist for this module, newest first."""
        return tuple(
            one for one in releases() if self.soc in one.socs and within(one.l4t, self.since, None)
        )


def super_of(one: Module) -> Module | None:
    """Return the module that a board is if it was flashed with its Super device tree, or None."""
    found = (other for other in modules().values() if other.part == one.part and other.super)
    return next(found, None)


@cache
def modules() -> dict[str, Module]:
    """Return all modules by name."""
    table = read_data("modules.json")
    return {row["name"]: _module(row, table["socs"][row["soc"]]) for row in table["modules"]}


def module(name: str) -> Module:
    """Return the module `name`; raise `KeyError` for an unknown name."""
    return modules()[name]


def l4t_of(host: HostSpec) -> str:
    """Return the L4T version of a host: as its spec says, else the newest of its JetPack.

    Raises
    ------
    FleetError
        Its JetPack does not exist for its module; validation refuses such a host first.

    """
    if host.l4t is not None:
        return host.l4t
    its = module(host.module)
    newest = newest_of_jetpack(host.jetpack, its.soc)
    if newest is None:
        raise FleetError(
            f"host {host.name}: there is no L4T release of JetPack {host.jetpack} for "
            f"{its.title}: write the JetPack that the board has, or its `l4t`"
        )
    return newest.l4t


def _module(row: dict[str, Any], soc: dict[str, Any]) -> Module:
    return Module(
        **{
            **row,
            "soc_id": soc["id"],
            "sm": soc["sm"],
            "tree_parts": tuple(row.get("tree_parts", [row["part"]])),
            "dt_compatible": tuple(row["dt_compatible"]),
            "sources": sources(row["sources"]),
            "unverified": frozenset(row["unverified"]),
        }
    )
