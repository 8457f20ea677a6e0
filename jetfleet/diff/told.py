"""A resource in words: its attributes by the names that a plan has for them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import singledispatch
from typing import Any

from jetfleet.render.values import values
from jetfleet.resources import (
    Clocks,
    Daemon,
    File,
    Image,
    Model,
    OllamaModel,
    Resource,
    Service,
    Unit,
)
from jetfleet.text import format_bytes

ABSENT = "absent"
STARTED = frozenset({"started-with", "running"})
"""Attributes that follow from all else, and whose values differ from host to host."""


@singledispatch
def attributes(resource: Resource[Any]) -> dict[str, str]:
    """Return the attributes of a resource as people read them; the chief one is the first."""
    return {name: _shown(value) for name, value in _flat(values(resource))}


@attributes.register
def _(file: File) -> dict[str, str]:
    return {"mode": file.mode, "owner": f"{file.owner}:{file.group}"}


@attributes.register
def _(image: Image) -> dict[str, str]:
    digest = image.digest[:19] or "not locked"
    return {"digest": f"{digest}, {format_bytes(image.size)}" if image.size else digest}


@attributes.register
def _(model: Model) -> dict[str, str]:
    size = format_bytes(sum(file.size for file in model.files))
    files = f"{len(model.files)} files, {size}, {model.digest[:12]}"
    return {"files": f"revision {model.revision}, {files}, in {model.directory}"}


@attributes.register
def _(model: OllamaModel) -> dict[str, str]:
    return {"manifest": f"{model.manifest.sha256[:12]} in {model.store}"}


@attributes.register
def _(daemon: Daemon) -> dict[str, str]:
    settings = {name: _shown(value) for name, value in _flat(daemon.wanted)}
    return {"running": f"{daemon.settings} {daemon.drop_in}", **settings}


@attributes.register
def _(clocks: Clocks) -> dict[str, str]:
    del clocks
    return {"pinned": "all", "active": "yes", "enabled": "yes"}


@attributes.register(Service)
@attributes.register(Unit)
def _(unit: Service | Unit) -> dict[str, str]:
    reads = unit.reads if isinstance(unit, Service) else ()
    return {"started-with": f"{unit.started_with} {reads}"}


@singledispatch
def told(resource: Resource[Any]) -> dict[str, str]:
    """Return what a plan would name of a resource that comes: of most the chief attribute."""
    name, value = next(iter(attributes(resource).items()))
    return {name: "present" if name in STARTED else value}


@told.register
def _(clocks: Clocks) -> dict[str, str]:
    return attributes(clocks)


@told.register(Service)
@told.register(Unit)
def _(unit: Service | Unit) -> dict[str, str]:
    del unit
    return {"active": "active", "enabled": "yes"}


def _flat(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
