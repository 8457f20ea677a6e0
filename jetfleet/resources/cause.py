"""Who made a board differ from its spec: somebody on the board, or somebody in the spec."""

from __future__ import annotations

import hashlib
from functools import singledispatch
from typing import TYPE_CHECKING, Any, Literal

from jetfleet.resources.applied import Applied
from jetfleet.resources.file import File, FileState
from jetfleet.resources.fingerprint import desired_hash
from jetfleet.resources.package import Package
from jetfleet.resources.service import Service, ServiceState
from jetfleet.resources.unit import Unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.resources.resource import Resource
    from jetfleet.steps.systemd import UnitState

Cause = Literal["board", "spec", "both", "first"]


def cause_of(resource: Resource[Any], actual: Any, applied: Mapping[str, Any]) -> Cause:  # noqa: ANN401
    """Tell why a resource differs, by what the board's own record says was last applied.

    ``board``: it was applied as it is wanted now, and is otherwise. ``spec``: it is wanted in
    another way than it was applied. ``both``: that, and the board no longer has what was applied
    either; told for files, packages, units and services, whose state can be compared with what
    was wanted before. ``first``: nothing was ever applied here.
    """
    then = applied.get("resources")
    if not isinstance(then, dict) or not then:
        return "first"
    if isinstance(resource, Applied):
        return "spec" if then != dict(resource.resources) else "board"
    if then.get(resource.key) == desired_hash(resource):
        return "board"
    was = applied.get("states", {}).get(resource.key)
    now = seen(resource, actual)
    return "both" if was and now and was != digest(now) else "spec"


def state_hash(resource: Resource[Any]) -> str:
    """Hash of what a survey will find once the resource is as desired; empty if nobody can say."""
    text = expected(resource)
    return digest(text) if text else ""


def digest(text: str) -> str:
    """Hash of a state's text, as it stands in the record."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@singledispatch
def expected(resource: Resource[Any]) -> str:
    """Return the text of the desired state; the same as `seen` of a board that has it."""
    del resource
    return ""


@singledispatch
def seen(resource: Resource[Any], actual: Any) -> str:  # noqa: ANN401
    """Return the text of an actual state, in words that do not depend on what is desired."""
    del resource, actual
    return ""


@expected.register(File)
def _file(resource: File) -> str:
    if resource.secret:
        return ""
    return f"regular {resource.sha256} {resource.mode} {resource.owner}:{resource.group}"


@seen.register(File)
def _file_seen(resource: File, actual: FileState | None) -> str:
    if resource.secret:
        return ""
    if actual is None:
        return "absent"
    kind = actual.type.split(" ", 1)[0]
    return f"{kind} {actual.sha256} {actual.mode} {actual.owner}:{actual.group}"


@expected.register(Package)
def _package(resource: Package) -> str:
    del resource
    return "installed"


@seen.register(Package)
def _package_seen(resource: Package, actual: str) -> str:
    del resource
    return actual


@expected.register(Unit)
@expected.register(Service)
def _unit(resource: Unit | Service) -> str:
    return f"active enabled {resource.started_with}"


@seen.register(Unit)
def _unit_seen(resource: Unit, actual: UnitState) -> str:
    del resource
    return _running(actual.active, actual.started_with, enabled=actual.enabled)


@seen.register(Service)
def _service_seen(resource: Service, actual: ServiceState) -> str:
    del resource
    return _running(actual.active, actual.container_hash, enabled=actual.enabled)


def _running(active: str, started_with: str, *, enabled: bool) -> str:
    return f"{active} {'enabled' if enabled else 'disabled'} {started_with}"
