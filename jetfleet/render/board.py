"""What would be on one board: its files by path, and other resources as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jetfleet.redaction import HIDDEN
from jetfleet.resources import Applied, Removal, Resource
from jetfleet.text import format_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jetfleet.fleet.desired import Desired
    from jetfleet.fleet.fleet import Fleet
    from jetfleet.spec.secret import SecretRef


@dataclass(frozen=True)
class Rendered:
    """One host, rendered.

    Parameters
    ----------
    resources:
        All its resources by key, except the record of the apply, which names a commit, and what
        follows from the record of a board.
    secrets:
        References of the secrets that it gets, such as ``env HF_TOKEN``; sorted.
    removes:
        Whether an apply removes what it has put there and the spec no longer has.
    found:
        Result of its roles, with the entries of the lock that they read.

    """

    name: str
    module: str
    jetpack: str
    address: str
    resources: Mapping[str, Resource[Any]]
    secrets: tuple[str, ...]
    removes: bool
    found: Desired = field(repr=False, compare=False)

    @property
    def files(self) -> dict[str, str]:
        """Text of every file by its path on the board; daemon.json as on a board without one."""
        return dict(sorted(one for r in self.resources.values() for one in r.texts.items()))

    @property
    def values(self) -> dict[str, Any]:
        """The content of host.json: the resources by kind and id."""
        by_kind: dict[str, dict[str, Any]] = {}
        for resource in self.resources.values():
            by_kind.setdefault(resource.kind, {})[resource.id] = values(resource)
        return {
            "schema": 1,
            "host": self.name,
            "address": self.address,
            "module": self.module,
            "jetpack": self.jetpack,
            "secrets": list(self.secrets),
            **by_kind,
        }

    @property
    def host_json(self) -> str:
        """The text of host.json; keys are sorted."""
        return format_json(self.values, sort_keys=True) + "\n"


def values(resource: Resource[Any]) -> dict[str, Any]:
    """Return the attributes of a resource on a board, by the names that changes use."""
    desired = resource.attributes.items()
    return {name: one.value for name, one in desired if one.reviewed} | dict(resource.details())


def rendered(fleet: Fleet) -> Iterator[Rendered]:
    """Yield each host with the resources of the fleet's roles; no secret is read."""
    for host in fleet.spec.hosts:
        secrets: set[str] = set()

        def reveal(reference: SecretRef, secrets: set[str] = secrets) -> str:
            secrets.add(f"{reference.kind} {reference.value}")
            return HIDDEN

        found = fleet.desired(host.name, fleet.roles, reveal)
        yield Rendered(
            name=host.name,
            module=host.module,
            jetpack=host.jetpack,
            address=host.address,
            resources={r.key: r for r in found.resources if not isinstance(r, (Applied, Removal))},
            secrets=tuple(sorted(secrets)),
            removes=any(isinstance(r, Removal) and r.when == "apply" for r in found.resources),
            found=found,
        )
