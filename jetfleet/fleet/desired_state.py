"""The resources of all hosts, as pyinfra converges them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jetfleet.resources import KINDS, Applied, Board, Image, Model, Resource, Resources

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from jetfleet.spec.load import Spec
    from jetfleet.steps import LinkResolver


class DesiredState:
    """The resources of some roles on every host, and the rows that they make in a plan.

    `resolver` returns what changes of a host need from the workstation.
    """

    def __init__(
        self,
        spec: Spec,
        resolver: Callable[[str], LinkResolver],
        by_role: Mapping[str, Mapping[str, Resources]],
    ) -> None:
        self.spec = spec
        self.resolver = resolver
        self._by_role = by_role
        self._rows: dict[frozenset[str], list[tuple[str, Resource[Any]]]] = {}
        self._parts: dict[tuple[type[Resource[Any]], ...], DesiredState] = {}

    def only(self, *kinds: type[Resource[Any]]) -> DesiredState:
        """Return the part that has resources of these kinds alone; made once for each."""
        if kinds not in self._parts:
            by_role = {
                role: {
                    host: [r for r in found if isinstance(r, kinds)] for host, found in of.items()
                }
                for role, of in self._by_role.items()
            }
            self._parts[kinds] = DesiredState(self.spec, self.resolver, by_role)
        return self._parts[kinds]

    def fetched(self) -> DesiredState:
        """Return the part that brings images and models, and activates nothing.

        The record of the board gets the note of what was brought, and no other one.
        """
        if (Image,) not in self._parts:
            by_role = {
                role: {
                    host: [_bringing(r) for r in found if isinstance(r, _BRINGING)]
                    for host, found in of.items()
                }
                for role, of in self._by_role.items()
            }
            self._parts[(Image,)] = DesiredState(self.spec, self.resolver, by_role)
        return self._parts[(Image,)]

    def resources(self, host: str) -> dict[str, Resource[Any]]:
        """Return all resources of a host by key."""
        return {r.key: r for hosts in self._by_role.values() for r in hosts[host]}

    def roles(self, host: str) -> dict[str, str]:
        """Return by key the role that wants a resource of a host, as a plan's rows name it."""
        found: dict[str, str] = {}
        for role, hosts in self._by_role.items():
            for one in hosts[host]:
                found.setdefault(one.key, role.rpartition(".")[2])
        return found

    def rows(self, hosts: AbstractSet[str]) -> list[tuple[str, Resource[Any]]]:
        """Return one resource for each key that any of the hosts has, each with its role's name.

        A row stands for the resources of the same key on all hosts; its title is theirs. Rows of
        a role stand together, in the order of the roles; before them the board, and then what is
        changed first.
        """
        wanted = frozenset(hosts)
        if wanted not in self._rows:
            self._rows[wanted] = self._rows_of(wanted)
        return self._rows[wanted]

    def _rows_of(self, hosts: AbstractSet[str]) -> list[tuple[str, Resource[Any]]]:
        found: dict[str, tuple[str, Resource[Any]]] = {}
        for role, by_host in self._by_role.items():
            union = {r.key: r for name in sorted(hosts) for r in by_host.get(name, ())}
            for row in sorted(union.values(), key=lambda r: (KINDS.index(type(r)), r.key)):
                found.setdefault(row.key, (role.rpartition(".")[2], row))
        return sorted(found.values(), key=lambda one: _rank(one[1]))


_BRINGING = (Board, Image, Model, Applied)


def _bringing(resource: Resource[Any]) -> Resource[Any]:
    if not isinstance(resource, Applied):
        return resource
    return replace(resource, brings=True, put=(), readers=(), guarded=())


def _rank(row: Resource[Any]) -> int:
    return 0 if isinstance(row, Board) else 2 - row.first
