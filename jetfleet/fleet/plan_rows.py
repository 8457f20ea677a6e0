"""The rows of a deploy in pyinfra: their names and order, and what each stands for on each host."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jetfleet.fleet.desired_state import DesiredState
    from jetfleet.resources import Resource

    Named = tuple[str, Resource[object]]

MOST_ROWS = 100
"""Rows of a run in which each resource has one of its own."""

MOST_HOSTS = 20
"""Hosts of a run in which each resource has a row of its own."""


@dataclass(frozen=True)
class PlanRow:
    """A row of pyinfra on one host.

    Parameters
    ----------
    place:
        Of the row among all rows of the run.
    name:
        Of the row; the same on all hosts.
    keys:
        Of this host's resources, in the order of their changes.
    shared:
        Whether the row stands for more than one resource.

    """

    place: int
    name: str
    keys: tuple[str, ...]
    shared: bool = False


def plan_rows(wanted: DesiredState, hosts: Sequence[str]) -> Mapping[str, Sequence[PlanRow]]:
    """Return the rows of each host, in order.

    A row stands for the resources of one key. In a run with more hosts than `MOST_HOSTS` or more
    rows than `MOST_ROWS`, one stands for all resources of a role that follow each other: pyinfra
    goes through all rows with each host, and that would be most of the time of the run.
    """
    listed = wanted.rows(frozenset(hosts))
    by_role = len(hosts) > MOST_HOSTS or len(listed) > MOST_ROWS
    groups = list(_by_role(listed) if by_role else ([one] for one in listed))
    place_of = {row.key: place for place, group in enumerate(groups) for _, row in group}
    names = [_name(group) for group in groups]
    rows: dict[str, list[PlanRow]] = {}
    for host in hosts:
        keys: dict[int, list[str]] = {}
        for _, row in wanted.rows(frozenset({host})):
            keys.setdefault(place_of[row.key], []).append(row.key)
        rows[host] = [
            PlanRow(place, names[place], tuple(keys[place]), shared=len(groups[place]) > 1)
            for place in sorted(keys)
        ]
    return rows


def _by_role(listed: Sequence[Named]) -> Iterator[list[Named]]:
    for _, group in groupby(listed, key=lambda one: one[0]):
        yield list(group)


def _name(group: Sequence[Named]) -> str:
    titles = list(dict.fromkeys(row.title for _, row in group))
    more = f" and {len(titles) - 1} more" if titles[1:] else ""
    return f"{group[0][0]} | {titles[0]}{more}"
