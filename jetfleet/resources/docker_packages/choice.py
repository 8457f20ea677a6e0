"""Which version of Docker's packages a board gets, of those that its apt has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.catalog.docker_packages import ENGINES, TOOLKIT
from jetfleet.resources.daemon.engine import (
    RAW_TABLE_RULE,
    RAW_TABLE_SINCE,
    numbers_of,
    rule_against,
)
from jetfleet.resources.docker_packages.state import fits
from jetfleet.steps import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from jetfleet.resources.docker_packages.state import PackagesState

_GUIDE = "https://docs.docker.com/engine/install/ubuntu/"
_GUIDE_OF_TOOLKIT = (
    "https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/install-guide.html"
)
_BY_SPEC = "as a file below /etc/apt/sources.list.d under `files` of the spec"
_SHOWN = 3
_WITH = {
    "docker-ce": ("docker-ce-cli",),
    TOOLKIT: (f"{TOOLKIT}-base", "libnvidia-container-tools", "libnvidia-container1"),
}
"""Packages that are installed in the version of another one, as their vendors' guides say."""


@dataclass(frozen=True)
class Pick:
    """A package, and the version of it that apt is to install."""

    name: str
    version: str

    def arguments(self, state: PackagesState) -> tuple[str, ...]:
        """Return what apt is given.

        Other packages of the same source go with it, of which apt would take the newest version.
        """
        first = state.offers.get(self.name, ())[:1] == (self.version,)
        names = (self.name, *(() if first else _WITH.get(self.name, ())))
        return tuple(f"{name}={self.version}" for name in names)


def pick_engine(state: PackagesState, package: str, version: str, *, raw_table: bool) -> Pick:
    """Return the engine to install; `Refused` if the board's apt has none that works there.

    It is what apt chooses, or the newest that works where that would not.

    Parameters
    ----------
    package, version:
        Those of the spec, a pattern; empty for any.
    raw_table:
        Whether engines that need iptables' raw table work on the board.

    """
    named = package or state.engine
    names = (named,) if named else ENGINES
    offers = [Pick(name, one) for name in names for one in state.offers.get(name, ())]
    wanted = [one for one in offers if fits(one.version, version)]
    works = [one for one in wanted if raw_table or not _needs_raw_table(one.version)]
    if works:
        # max() takes the first of equal ones.
        return works[0] if raw_table else max(works, key=lambda one: numbers_of(one.version))
    if wanted:
        raise Refused(
            "the kernel of the board lacks iptables' raw table, which Docker 28 and later needs to "
            f"publish ports, and its apt has only {_listed(wanted)}: add Docker's own source "
            f"({_GUIDE}) {_BY_SPEC}, which has docker-ce 27.5.1, or give each service the host's "
            "network (leave out `ports`), or write raw_table: skip under docker (rule "
            f"{RAW_TABLE_RULE})"
        )
    one_of = " or ".join(names)
    if offers:
        raise Refused(
            f"apt on the board has {_listed(offers)}, and not {version}: write another version "
            f"under docker.install, or add the source that has it {_BY_SPEC}"
        )
    raise Refused(
        f"the board needs {one_of}, and no apt source of it has that: add the source {_BY_SPEC} "
        f"(Docker's own: {_GUIDE}), or install an engine yourself"
    )


def pick_toolkit(state: PackagesState, version: str, soc: str, waived: AbstractSet[str]) -> Pick:
    """Return the toolkit to install; `Refused` if the board's apt has none that works there."""
    offers = [Pick(TOOLKIT, one) for one in state.offers.get(TOOLKIT, ())]
    wanted = [one for one in offers if fits(one.version, version)]
    against = [rule_against(one.version, soc, waived) for one in wanted]
    works = [one for one, rule in zip(wanted, against, strict=True) if not rule]
    if works:
        return works[0]
    source = f"{_BY_SPEC} (NVIDIA's own: {_GUIDE_OF_TOOLKIT})"
    if against and against[0]:
        raise Refused(
            f"apt on the board has only {_listed(wanted)}: add a source that has another one "
            f"{source}: {against[0].sentence} (rule {against[0].id})"
        )
    if offers:
        raise Refused(
            f"apt on the board has {_listed(offers)}, and not {version}: write another version as "
            f"docker.install.toolkit, or add the source that has it {source}"
        )
    raise Refused(
        f"the board needs {TOOLKIT}, and no apt source of it has that: repair the source of L4T, "
        "/etc/apt/sources.list.d/nvidia-l4t-apt-source.list (`apt: {}` in the spec lets a plan say "
        f"what is wrong with it), or add one {source}, or write toolkit: never under "
        "docker.install and install it yourself"
    )


def _needs_raw_table(version: str) -> bool:
    return numbers_of(version)[0] >= RAW_TABLE_SINCE


def _listed(offers: Sequence[Pick]) -> str:
    return ", ".join(f"{one.name} {one.version}" for one in offers[:_SHOWN])
