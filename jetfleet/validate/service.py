"""Checks of a service's keys that are the same for every runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.runtimes.registry import runtime_of
from jetfleet.validate.exposure import check_exposure
from jetfleet.validate.mounts import check_mounts, check_places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.runtimes.subject import HostInSpec
    from jetfleet.spec.position import KeyPath
    from jetfleet.spec.problem import Problem
    from jetfleet.spec.service import Service


def check_service(of: HostInSpec, service: Service) -> Iterator[Problem]:
    """Yield a problem for each key that is missing, and for what a key cannot hold here."""
    for key, expected in service.needed.items():
        if not getattr(service, key):
            remedy = f"add it: {service.runtime} needs it"
            yield of.problem(("services", service.name, key), f"no {key}", expected, remedy)
    yield from _models(of, service)
    yield from _variables(of, service)
    yield from check_mounts(of, service)
    yield from check_places(of, service)
    yield from check_exposure(of, service)


def _models(of: HostInSpec, service: Service) -> Iterator[Problem]:
    """Yield a problem for each model whose source is of a kind that the runtime cannot read."""
    readable = runtime_of(service).sources
    for path, name in _named(service):
        model = of.spec.models.get(name)
        if model is not None and readable is not None and model.hub not in readable:
            found = f"{name}, which comes from {model.source}"
            expected = f"a model from {', '.join(sorted(readable))} for {service.runtime}"
            remedy = "choose another model, or another runtime for it"
            yield of.problem(("services", service.name, *path), found, expected, remedy)


def _named(service: Service) -> Iterator[tuple[KeyPath, str]]:
    """Yield the models that a service serves, each with its path below the service."""
    for at, name in enumerate(getattr(service, "models", ())):
        yield ("models", at), name
    model = getattr(service, "model", None)
    if model is not None:
        yield ("model",), model


def _variables(of: HostInSpec, service: Service) -> Iterator[Problem]:
    """Yield a problem for each environment variable that the spec has a key for."""
    remedies = dict(service.own_variables)
    key = runtime_of(service).key_variable
    if key is not None and getattr(service, "api_key", None) is not None:
        remedies[key] = "remove one of the two: api_key is written there too"
    for name in service.env:
        if name in remedies:
            path, expected = ("services", service.name, "env", name), "a variable without a key"
            yield of.problem(path, f"the variable {name}", f"{expected} of its own", remedies[name])
