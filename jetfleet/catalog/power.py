"""Power modes of each module's nvpmodel conf, by L4T release.

Modes are identified by name. The number of a mode differs between modules: 0 is the fastest mode of
an AGX Orin and the slowest usual mode of an Orin Nano Super.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from jetfleet.catalog.data_file import read_data, sources
from jetfleet.catalog.modules import Module
from jetfleet.catalog.modules import module as module_of
from jetfleet.catalog.version import parts, within

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class PowerMode:
    """One mode. A change between modes of different `boot` needs a reboot; "unknown": no source."""

    id: int
    name: str
    boot: str


@dataclass(frozen=True)
class PowerConf:
    """The modes of one nvpmodel conf and the id of the default."""

    name: str
    default_id: int
    modes: tuple[PowerMode, ...]
    sources: tuple[str, ...]
    unverified: frozenset[str]
    since: str | None

    @property
    def default(self) -> PowerMode:
        """The mode of a freshly flashed board."""
        return next(mode for mode in self.modes if mode.id == self.default_id)

    def mode(self, name: str) -> PowerMode | None:
        """Return the mode `name`, where MODE_30W and 30W are the same, or None."""
        found = find_mode(name, (mode.name for mode in self.modes))
        return next((mode for mode in self.modes if mode.name == found), None)


def plain_mode(name: str) -> str:
    """Return the normal form of `name`: "MODE_30W" and "30 w" both give "30W".

    NVIDIA's guides write 7W-AI where its nvpmodel.conf has 7W_AI.
    """
    plain = re.sub(r"[\s_-]+", "_", name.upper()).strip("_").removeprefix("MODE_")
    return re.sub(r"(?<=[0-9])_(?=W(_|$))", "", plain)


def find_mode(name: str, known: Iterable[str]) -> str | None:
    """Return the one of `known` that `name` means, first of all the one that is spelled alike."""
    names = list(known)
    if name in names:
        return name
    return next((one for one in names if plain_mode(one) == plain_mode(name)), None)


def other_highest(name: str, known: Iterable[str]) -> str | None:
    """Return MAXN in place of MAXN_SUPER, or the other way round, if it is one of `known`."""
    other = {"MAXN": "MAXN_SUPER", "MAXN_SUPER": "MAXN"}.get(plain_mode(name))
    return find_mode(other, known) if other else None


@cache
def _confs() -> tuple[PowerConf, ...]:
    return tuple(
        PowerConf(
            name=row["name"],
            default_id=row["default"],
            modes=tuple(PowerMode(**mode) for mode in row["modes"]),
            sources=sources(row["sources"]),
            unverified=frozenset(row["unverified"]),
            since=row["since"],
        )
        for row in read_data("power.json")["confs"]
    )


def is_mode(name: str) -> bool:
    """Tell whether any module has a power mode of that name on any release."""
    return any(conf.mode(name) for conf in _confs())


def power_conf(module: str | Module, l4t: str) -> PowerConf | None:
    """Return the conf of `module` on the release `l4t`, or None if the catalog has none.

    A conf that changed has several rows: the newest at or before `l4t` counts.
    """
    name = (module_of(module) if isinstance(module, str) else module).nvpmodel
    known = [conf for conf in _confs() if conf.name == name and within(l4t, conf.since, None)]
    return max(known, key=lambda conf: parts(conf.since or "0"), default=None)
