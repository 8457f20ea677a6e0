"""Docker's packages as a survey reads them, and the versions that the board's apt has."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from jetfleet.catalog.docker_packages import ENGINES
from jetfleet.resources.base import Unreadable
from jetfleet.resources.daemon.state import SET_UP
from jetfleet.text import read_count

if TYPE_CHECKING:
    from collections.abc import Mapping

_PACKAGE = re.compile(r"package (\S+) ([A-Za-z0-9][A-Za-z0-9.+:~-]{0,99})? ?([a-z-]{1,30})")
_OFFER = re.compile(r"offer (\S+) ([A-Za-z0-9][A-Za-z0-9.+:~-]{0,99})")
_FETCH = re.compile(r"fetch (\S+) (\d{1,15})")
_GONE = frozenset({"not-installed", "config-files"})


@dataclass(frozen=True)
class PackagesState:
    """What a board has of Docker's packages, and what its apt could install.

    Parameters
    ----------
    installed:
        Versions of the packages that are whole.
    broken:
        What dpkg says of a package that is half installed, such as ``half-configured``.
    programs:
        ``dockerd``, ``nvidia-container-runtime``: what is there, with or without a package.
    raw_table:
        The kernel has iptables' raw table.
    lists:
        apt has package lists. False, too, where nothing is missing: then it was not asked.
    offers:
        Versions by package; what apt chooses by itself stands first.
    fetch:
        Bytes that apt would fetch for each package, and for what that needs.

    """

    installed: Mapping[str, str] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    programs: frozenset[str] = frozenset()
    raw_table: bool = False
    lists: bool = False
    offers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fetch: Mapping[str, int] = field(default_factory=dict)

    @property
    def engine(self) -> str:
        """The package of the engine; empty without one."""
        return next((name for name in ENGINES if name in self.installed), "")


def read_packages(text: str) -> PackagesState:
    """Return what the survey printed, or `Unreadable`."""
    installed, broken, offers, fetch = {}, {}, dict[str, list[str]](), {}
    words: set[str] = set()
    for line in text.splitlines():
        if found := _PACKAGE.fullmatch(line):
            name, version, status = found[1], found[2] or "", found[3]
            if status in SET_UP and version:
                installed[name] = version
            elif status not in _GONE:
                broken[name] = status
        elif found := _OFFER.fullmatch(line):
            offers.setdefault(found[1], []).append(found[2])
        elif found := _FETCH.fullmatch(line):
            fetch[found[1]] = read_count(found[2])
        elif line in _WORDS:
            words.add(line)
        elif line:
            raise Unreadable(f"unexpected line in the survey of Docker's packages: {line[:80]!r}")
    return PackagesState(
        installed=installed,
        broken=broken,
        programs=frozenset(one.partition("=")[2] for one in words if one.startswith("program=")),
        raw_table="raw_table=yes" in words,
        lists="lists=yes" in words,
        offers={name: tuple(dict.fromkeys(versions)) for name, versions in offers.items()},
        fetch=fetch,
    )


_WORDS = frozenset(
    {"program=dockerd", "program=nvidia-container-runtime", "raw_table=yes", "lists=yes"}
)


def fits(version: str, pattern: str) -> bool:
    """Tell whether a version is of a pattern, with or without its epoch; an empty one takes all."""
    return any(fnmatchcase(one, pattern or "*") for one in (version, version.partition(":")[2]))
