"""The rows of a deploy in pyinfra: their names and order, and what each stands for on each host."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.fleet.desired_state import DesiredState

MOST_ROWS = 100
"""Rows of a run in which each resource has one of its own."""


@dataclass(frozen=True)
class PlanRow:
    """A row of pyinfra on one host.

    Parameters
    ----------
    place:
        Of the row among all rows of the run.
    name:
        Of the row; the same on all hosts.
    key:
        Of this host's resource.
    shared:
        Whether the row stands for different resources on different hosts.

    """

    place: int
    name: str
    key: str
    shared: bool = False


def plan_rows(wanted: DesiredState, hosts: Sequence[str]) -> Mapping[str, Sequence[PlanRow]]:
    """Return the rows of each host, in order.

    A row stands for the resources of one key. A run with more than `MOST_ROWS` of them, such as
    that of many boards whose services have many names, has rows by kind for what not every host
    has: the first service of each host, the second, and so on. So the number of rows does not grow
    with the names in a fleet: pyinfra goes through all of them with each host.
    """
    listed = wanted.rows(frozenset(hosts))
    owners = _owners(wanted, hosts)
    shares = len(listed) > MOST_ROWS
    titles: dict[tuple[str, int], dict[str, None]] = defaultdict(dict)
    mine: dict[str, list[tuple[tuple[str, int], str]]] = {host: [] for host in hosts}
    for role, row in listed:
        name, kind = f"{role} | {row.title}", f"{role} {row.kind}"
        everywhere = len(owners[row.key]) == len(hosts)
        for host in owners[row.key]:
            before = sum(one[0] == kind for one, _ in mine[host])
            group = (kind, before) if shares and not everywhere else (row.key, 0)
            titles[group][name] = None
            mine[host].append((group, row.key))
    places = {group: place for place, group in enumerate(titles)}
    names = {group: _name(list(listed)) for group, listed in titles.items()}
    return {
        host: sorted(
            (
                PlanRow(places[group], names[group], key, shared=len(titles[group]) > 1)
                for group, key in groups
            ),
            key=lambda row: row.place,
        )
        for host, groups in mine.items()
    }


def _owners(wanted: DesiredState, hosts: Sequence[str]) -> Mapping[str, Sequence[str]]:
    owners: dict[str, list[str]] = defaultdict(list)
    for host in hosts:
        for key in wanted.resources(host):
            owners[key].append(host)
    return owners


def _name(titles: Sequence[str]) -> str:
    more = f" and {len(titles) - 1} more" if titles[1:] else ""
    return f"{titles[0]}{more}"
