"""The folders of the hubs, found on disk."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


_PACKAGE = "jetfleet.hubs"


@cache
def folders() -> tuple[str, ...]:
    """Return the name of each hub's folder, sorted."""
    found = pkgutil.iter_modules(import_module(_PACKAGE).__path__)
    return tuple(sorted(module.name for module in found if module.ispkg))


def module_of(folder: str, name: str) -> ModuleType:
    """Return the module `name` of a hub's folder."""
    return import_module(f"{_PACKAGE}.{folder}.{name}")


def has(folder: str, name: str) -> bool:
    """Tell whether a hub's folder has the module `name`."""
    return find_spec(f"{_PACKAGE}.{folder}.{name}") is not None
