"""A resource as plain values: what of it would be on a board, by the names that changes have."""

from __future__ import annotations

from dataclasses import fields
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from jetfleet.resources import (
    Clocks,
    Daemon,
    File,
    Filesystem,
    Image,
    Model,
    OllamaModel,
    Package,
    PowerMode,
    Service,
    Unit,
)
from jetfleet.spec.frozen import thaw

if TYPE_CHECKING:
    from jetfleet.resources import Resource


@singledispatch
def values(resource: Resource[Any]) -> dict[str, Any]:
    """Return what would be on a board, as JSON values; how it gets there is left out.

    Of a kind that has no form of its own these are the fields that its `repr` shows, by which
    the record of an apply knows it too.
    """
    return {
        field.name.replace("_", "-"): thaw(getattr(resource, field.name))
        for field in fields(resource)  # type: ignore[arg-type] # every resource is a dataclass
        if field.repr
    }


@values.register
def _(file: File) -> dict[str, Any]:
    form = {"mode": file.mode, "owner": f"{file.owner}:{file.group}"}
    if file.secret:
        return {**form, "secret": True}
    return {**form, "bytes": len(file.content.encode()), "content": file.sha256}


@values.register
def _(package: Package) -> dict[str, Any]:
    del package
    return {"installed": "installed"}


@values.register
def _(disk: Filesystem) -> dict[str, Any]:
    return {
        "filesystem": disk.filesystem,
        "mount": disk.mount,
        "fstab": ",".join(disk.options),
        "format": "if-blank" if disk.format_if_blank else "never",
    }


@values.register
def _(daemon: Daemon) -> dict[str, Any]:
    return {"started-with": daemon.drop_in, "settings": thaw(daemon.wanted)}


@values.register
def _(power: PowerMode) -> dict[str, Any]:
    return {"mode": power.mode}


@values.register
def _(clocks: Clocks) -> dict[str, Any]:
    del clocks
    return {"pinned": "all"}


@values.register
def _(image: Image) -> dict[str, Any]:
    return {"digest": image.digest or None, "bytes": image.size or None}


@values.register
def _(unit: Unit) -> dict[str, Any]:
    return {"started-with": unit.started_with}


@values.register
def _(model: Model) -> dict[str, Any]:
    return {
        "revision": model.revision,
        "source": model.source,
        "folder": model.folder,
        "files": len(model.files),
        "bytes": sum(file.size for file in model.files),
        "sha256": model.digest,
    }


@values.register
def _(model: OllamaModel) -> dict[str, Any]:
    return {
        "store": model.store,
        "manifest": model.manifest.sha256,
        "blobs": len(model.blobs),
        "bytes": sum(blob.size for blob in model.blobs),
    }


@values.register
def _(service: Service) -> dict[str, Any]:
    return {"unit": service.unit, "started-with": service.started_with}
