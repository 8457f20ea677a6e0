"""Hashes of what was found on a board and of what is wanted, to tell whether they are as before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass, replace
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from jetfleet.resources.applied import Applied
from jetfleet.resources.file import File, FileState
from jetfleet.resources.leftovers import Leftovers, LeftoverState
from jetfleet.resources.model import Model, ModelState
from jetfleet.resources.service import Service, ServiceState
from jetfleet.resources.unit import Unit

if TYPE_CHECKING:
    from jetfleet.resources.resource import Resource
    from jetfleet.steps.systemd import UnitState


def desired_hash(resource: Resource[Any]) -> str:
    """Hash of a desired state; a secret's value is left out, for short ones could be guessed."""
    if isinstance(resource, File) and resource.secret:
        return _short(f"{resource.key} secret")
    if isinstance(resource, Applied):
        resource = replace(resource, commit="")
    return _short(repr(resource))


def desired_of(resources: Mapping[str, Resource[Any]]) -> str:
    """Hash of all that is wanted on a host: another spec or lock that renders the same has it."""
    return _short(
        json.dumps({key: desired_hash(r) for key, r in resources.items()}, sort_keys=True)
    )


def survey_of(resources: Mapping[str, Resource[Any]], actual: Mapping[str, Any]) -> str:
    """Hash of what a survey found, without what changes by itself."""
    seen = {key: plain(settled(resources[key], state)) for key, state in actual.items()}
    return _short(json.dumps(seen, sort_keys=True))


@singledispatch
def settled(resource: Resource[Any], actual: Any) -> Any:  # noqa: ANN401
    """Return what of an actual state stays as it is until somebody changes the board."""
    del resource
    return actual


@settled.register(File)
def _file(resource: File, actual: FileState | None) -> object:
    if not isinstance(actual, FileState):
        return actual
    # Neither what a run asked for beside, nor a hash that a short secret could be guessed by.
    sha256 = str(actual.sha256 == resource.sha256) if resource.secret else actual.sha256
    return replace(actual, text=None, sha256=sha256)


@settled.register(Model)
def _model(resource: Model, actual: ModelState) -> object:
    del resource
    if not isinstance(actual, ModelState):
        return actual
    # Free bytes move with every log line, and a fetch that a run left behind goes on.
    return replace(actual, staged=0, free=0, wanted_by_all=0)


@settled.register(Leftovers)
def _leftovers(resource: Leftovers, actual: LeftoverState) -> object:
    del resource
    return sorted(actual.found) if isinstance(actual, LeftoverState) else actual


@settled.register(Service)
def _service(resource: Service, actual: ServiceState) -> object:
    if not isinstance(actual, ServiceState):
        return actual
    mine = {path for path, _ in resource.reads}
    read = {path: digest for path, digest in actual.read.items() if path in mine}
    return replace(actual, read=read, ready_seconds=0.0)


@settled.register(Unit)
def _unit(resource: Unit, actual: UnitState) -> object:
    del resource
    return replace(actual, ready_seconds=0.0) if is_dataclass(actual) else actual


def plain(value: Any) -> Any:  # noqa: ANN401
    """Return a value as JSON can hold it, the same for values that are equal."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, AbstractSet):
        return sorted(map(str, value))
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
