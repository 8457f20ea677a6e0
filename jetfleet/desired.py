"""The resources of all roles on one host, as the lock allows to say them."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.errors import FleetError
from jetfleet.resources import Image, Service
from jetfleet.role import short_name
from jetfleet.spec.image_ref import ImageRef

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jetfleet.lock import LockReader
    from jetfleet.resources import Resource, Resources
    from jetfleet.role import Role
    from jetfleet.role_input import RoleInput

# A role may need to know the files of a model, of which a stand-in has none.
_WITHOUT_FILES = (KeyError, StopIteration, ValueError, IndexError)


@dataclass(frozen=True)
class Desired:
    """What roles want on one host.

    Parameters
    ----------
    by_role:
        Resources by the role's module name; each resource once, at the first role that wants it.
    lock:
        The entries that were read.
    failed:
        Names of roles that cannot say anything before the lock is complete.

    """

    by_role: Mapping[str, Resources]
    lock: LockReader
    failed: tuple[str, ...]

    @property
    def resources(self) -> Resources:
        """All resources, in the order of the roles."""
        return [resource for resources in self.by_role.values() for resource in resources]


def desired(
    host: str,
    roles: Sequence[Role],
    lock: LockReader,
    role_input: Callable[[Role, Sequence[Resource[Any]]], RoleInput],
) -> Desired:
    """Run roles for a host.

    Parameters
    ----------
    role_input:
        Returns the input of a role after those that want these resources.

    Raises
    ------
    FleetError
        Two roles want the same thing in different ways, or a role passes by the lock.

    """
    found: dict[str, Resource[Any]] = {}
    by_role: dict[str, Resources] = {}
    failed: list[str] = []
    ports: dict[int, tuple[str, str]] = {}
    for role in roles:
        mine: Resources = []
        try:
            mine = role.desired(role_input(role, tuple(found.values())))
        except FleetError:
            raise
        except Exception as error:
            if isinstance(error, _WITHOUT_FILES) and not lock.complete:
                failed.append(short_name(role))
            elif role.__name__.startswith("jetfleet."):
                raise
            else:
                raise FleetError(f"{host}: {_place(error)}: {error!r}") from error
        by_role[role.__name__] = []
        for one in mine:
            if one.key not in found:
                by_role[role.__name__].append(one)
            if found.setdefault(one.key, one) != one:
                raise FleetError(
                    f"{host}: the role {short_name(role)} wants another {one.key} than was wanted "
                    "before: give it a name of its own"
                )
            _check_digest(one, lock, role)
            _check_ports(host, one, role, ports)
    return Desired(by_role, lock, tuple(failed))


def _place(error: Exception) -> str:
    """Return ``file:line`` of where an exception was raised."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename}:{last.lineno}"


def _check_ports(
    host: str, resource: Resource[Any], role: Role, ports: dict[int, tuple[str, str]]
) -> None:
    """Refuse a port of another role's service; inside a role, the spec's rules decide."""
    if not isinstance(resource, Service):
        return
    mine = (short_name(role), resource.name)
    for port in resource.ports:
        first = ports.setdefault(port, mine)
        if first[0] != mine[0]:
            raise FleetError(
                f"{host}: port {port} of {mine[1]} (role {mine[0]}) and of {first[1]} "
                f"(role {first[0]}): give one of them another"
            )


def _check_digest(resource: Resource[Any], lock: LockReader, role: Role) -> None:
    """Let an image that a role names by its tag be locked; refuse it by tag once it is."""
    if not isinstance(resource, Image) or resource.digest:
        return
    if lock.image(ImageRef.parse(resource.id).full):
        raise FleetError(
            f"the role {short_name(role)} takes the image {resource.id} by its tag, which can "
            f'move: write `inputs.image("{resource.id}")`, which adds the locked digest'
        )
