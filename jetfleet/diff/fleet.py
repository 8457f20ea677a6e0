"""Compare two renderings of a fleet; hosts with the same changes form one group."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from jetfleet.diff.effect import Effect, effect
from jetfleet.diff.row import Row, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jetfleet.render import Rendered

Kind = Literal["added", "removed", "changed", "same"]


@dataclass(frozen=True)
class Group:
    """Hosts with the same changes, in the order of the spec."""

    kind: Kind
    rows: tuple[Row, ...]
    effect: Effect
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """All groups: those with most hosts first, those without changes last."""

    groups: tuple[Group, ...]

    @property
    def same(self) -> bool:
        """Whether nothing changes on any host."""
        return all(group.kind == "same" for group in self.groups)

    def hosts(self, *kinds: Kind) -> int:
        """Return the number of hosts of these kinds."""
        return sum(len(group.hosts) for group in self.groups if group.kind in kinds)


def compare(old: Iterable[Rendered], new: Iterable[Rendered]) -> Difference:
    """Return what the rendering `new` changes against `old`, host by host."""
    before, after = ({host.name: host for host in side} for side in (old, new))
    found: dict[Group, list[str]] = {}
    for name in dict.fromkeys((*after, *before)):
        found.setdefault(_group(before.get(name), after.get(name)), []).append(name)
    groups = [replace(group, hosts=tuple(hosts)) for group, hosts in found.items()]
    return Difference(tuple(sorted(groups, key=_rank)))


def _rank(group: Group) -> tuple[int, int, str]:
    kinds = ("changed", "added", "removed", "same")
    return kinds.index(group.kind), -len(group.hosts), group.hosts[0]


def _group(old: Rendered | None, new: Rendered | None) -> Group:
    if new is None:
        return Group("removed", (), Effect())
    if old is None:
        told = (replace(row, lines=(), diff=()) for row in rows({}, new.resources, set()))
        return Group("added", tuple(told), effect({}, new.resources))
    differ = rows(old.resources, new.resources, _started(old, new), removes=new.removes)
    found = (*_of_host(old, new), *differ)
    if not found:
        return Group("same", (), Effect())
    cost = effect(old.resources, new.resources, removes=new.removes)
    return Group("changed", found, cost)


def _of_host(old: Rendered, new: Rendered) -> Iterator[Row]:
    if old.address != new.address:
        yield Row("host", "address", old.address, new.address)
    if old.secrets != new.secrets:
        have, want = (", ".join(one.secrets) or "none" for one in (old, new))
        yield Row("host", "secrets", have, want)


def _started(*hosts: Rendered) -> set[str]:
    resources = (resource for host in hosts for resource in host.resources.values())
    return {
        one.value
        for resource in resources
        if resource.runs
        for one in resource.attributes.values()
        if one.follows
    }
