"""L4T releases, with their JetPack and their components."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from jetfleet.catalog.data_file import read_data, sources
from jetfleet.catalog.nearest import Nearest
from jetfleet.catalog.version import parts

_FIRST_LINE = re.compile(r"^# R(\d+) \(release\), REVISION: (\d+)\.(\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Release:
    """One L4T release. `unverified` names the fields that no reliable source confirms."""

    l4t: str
    jetpack: str
    ubuntu: str
    cuda: str
    kernel: str
    socs: frozenset[str]
    sources: tuple[str, ...]
    unverified: frozenset[str]

    @property
    def major(self) -> int:
        """The first number of the L4T version. From R39 on, Orin and Thor share it."""
        return parts(self.l4t)[0]


@cache
def releases() -> tuple[Release, ...]:
    """Return all known releases, newest first."""
    rows = read_data("releases.json")["releases"]
    return tuple(
        Release(
            **{
                **row,
                "socs": frozenset(row["socs"]),
                "sources": sources(row["sources"]),
                "unverified": frozenset(row["unverified"]),
            }
        )
        for row in rows
    )


@cache
def release(l4t: str) -> Nearest[Release]:
    """Return the release `l4t` ("36.4.3"), or its nearest known neighbour with a warning.

    New revisions appear before the catalog has them, so an unknown one never fails: the result is
    the newest known release before it in its major, else the oldest of the major, else the newest
    of an earlier major.
    """
    known = {parts(one.l4t): one for one in releases()}
    asked = parts(l4t)
    if asked in known:
        return Nearest(known[asked])
    of_major = [version for version in known if version[:1] == asked[:1]]
    before = [version for version in of_major or known if version < asked]
    nearest = known[max(before) if before else min(of_major or known)]
    return Nearest(nearest, f"L4T {l4t} is not in the catalog; treated as L4T {nearest.l4t}")


def releases_of_jetpack(jetpack: str) -> tuple[Release, ...]:
    """Return the releases of the JetPack `jetpack` ("6.2"), newest first; none if unknown.

    "7.0" and "7.0.0" are the same, as are "6.1-rev1" and itself only.
    """
    asked = _plain(jetpack)
    return tuple(one for one in releases() if _plain(one.jetpack) == asked)


def newest_of_jetpack(jetpack: str, soc: str) -> Release | None:
    """Return the newest release of `jetpack` for `soc`, or None if it does not exist."""
    fitting = (one for one in releases_of_jetpack(jetpack) if soc in one.socs)
    return next(fitting, None)


def parse_nv_tegra_release(text: str) -> str | None:
    """Return the L4T version that /etc/nv_tegra_release states, such as "36.4.3", or None."""
    found = _FIRST_LINE.search(text)
    return ".".join(found.groups()) if found else None


def is_jetpack(one: str, other: str) -> bool:
    """Tell whether two JetPack versions are the same: 7.0 and 7.0.0 are."""
    return _plain(one) == _plain(other)


def _plain(jetpack: str) -> str:
    """Return `jetpack` with the zeros at its end taken off: "7.0" and "7.0.0" are one."""
    return re.sub(r"(\.0)+$", "", jetpack)
