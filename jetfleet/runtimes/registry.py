"""All runtimes by name."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from jetfleet.runtimes.folders import folders, module_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.cmdline import Call
    from jetfleet.runtimes.base import Runtime
    from jetfleet.spec.service import Service


@cache
def runtimes() -> Mapping[str, Runtime[Any]]:
    """Return every runtime by its name in a spec: the `RUNTIME` of each folder's `runtime.py`.

    It is a function, because a runtime may itself need another one.
    """
    found = [module_of(folder, "runtime").RUNTIME for folder in folders()]
    return {runtime.name: runtime for runtime in found}


@cache
def any_container() -> Runtime[Any]:
    """Return the runtime of a container of which nothing else is known."""
    return next(runtime for runtime in runtimes().values() if runtime.any_image)


@cache
def calls() -> tuple[Call, ...]:
    """Return how the servers of all runtimes are recognised."""
    return tuple(runtime.call for runtime in runtimes().values())


def runtime_of(service: Service) -> Runtime[Any]:
    """Return the runtime of a service."""
    return runtimes()[service.runtime]
