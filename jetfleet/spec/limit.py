"""The hosts that a limit means: names of hosts and groups, and patterns of hosts' names."""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.spec.load import Spec

_SHOWN = 20
"""Names that are shown of a large fleet."""


def groups_of(spec: Spec) -> dict[str, tuple[str, ...]]:
    """Return the names of each group's hosts; a group without hosts is left out."""
    found: dict[str, tuple[str, ...]] = {}
    for host in spec.hosts:
        for group in dict.fromkeys(host.groups):
            found[group] = (*found.get(group, ()), host.name)
    return found


def hosts_of(spec: Spec, limit: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the hosts that a limit means, in the spec's order; without one, all.

    Raises
    ------
    FleetError
        A word of it means no host, or both a host and a group of other hosts.

    """
    meant = {name for word in limit for name in _meant(spec, word)}
    return tuple(host.name for host in spec.hosts if not limit or host.name in meant)


def _meant(spec: Spec, word: str) -> tuple[str, ...]:
    names = tuple(host.name for host in spec.hosts)
    group = groups_of(spec).get(word, ())
    if word in names and group and group != (word,):
        raise FleetError(
            f"{word} is a host and a group in {spec.path}: rename one of them, so that a limit "
            "to it means one thing"
        )
    found = group or tuple(name for name in names if fnmatch.fnmatchcase(name, word))
    if not found:
        groups = sorted(groups_of(spec))
        known = f"; its groups are {_listed(groups)}" if groups else ""
        raise FleetError(
            f"no host of {spec.path} matches {word}: its hosts are {_listed(names)}{known}"
        )
    return found


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
