"""The folders of the runtimes, found on disk, and the JSON files in them."""

from __future__ import annotations

import json
import pkgutil
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parent


@cache
def folders() -> tuple[str, ...]:
    """Return the name of each runtime's folder, sorted."""
    found = pkgutil.iter_modules([str(ROOT)])
    return tuple(sorted(module.name for module in found if module.ispkg))


def module_of(folder: str, name: str) -> ModuleType:
    """Return the module `name` of a runtime's folder."""
    return import_module(f"jetfleet.runtimes.{folder}.{name}")


@cache
def read(folder: str, name: str) -> dict[str, Any]:
    """Return a JSON file in ``<folder>/data``; empty if the runtime does not have it."""
    path = ROOT / folder / "data" / name
    if not path.exists():
        return {}
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
