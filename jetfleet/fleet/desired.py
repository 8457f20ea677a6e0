"""The resources of all roles on one host, as the lock allows to say them."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.errors import FleetError
from jetfleet.lock.requirements import Requirements
from jetfleet.resources import Image, Service
from jetfleet.role.role import short_name
from jetfleet.spec.image_ref import ImageRef

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from jetfleet.lock import LockReader
    from jetfleet.resources import Resource, Resources
    from jetfleet.role.role import Role
    from jetfleet.role.role_input import RoleInput

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


def required_by(hosts: Iterable[tuple[str, LockReader]]) -> Requirements:
    """Return what a lock must have: everything that roles have read on these hosts."""
    images: dict[str, str] = {}
    models: dict[str, None] = {}
    for host, lock in hosts:
        images = {**dict.fromkeys(lock.images, host), **images}
        models |= lock.models
    return Requirements(images, tuple(models))


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
        mine = _run(role, role_input(role, tuple(found.values())), lock)
        if mine is None:
            failed.append(short_name(role))
        by_role[role.__name__] = []
        for one in mine or ():
            if one.key not in found:
                by_role[role.__name__].append(one)
            if found.setdefault(one.key, one) != one:
                raise FleetError(
                    f"{host}: the role {short_name(role)} wants another {one.key} than a role "
                    "before it: give one of them another name"
                )
            _check_digest(one, lock, role)
            _check_ports(host, one, role, ports)
    return Desired(by_role, lock, tuple(failed))


def _run(role: Role, inputs: RoleInput, lock: LockReader) -> Resources | None:
    """Return a role's resources, or None if it has to wait for a complete lock."""
    try:
        return role.desired(inputs)
    except FleetError:
        raise
    except Exception as error:
        if isinstance(error, _WITHOUT_FILES) and not lock.complete:
            return None
        if role.__name__.startswith("jetfleet."):
            raise
        raise FleetError(f"{inputs.host.name}: {_place(error)}: {error!r}") from error


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
