"""Partition and format the NVMe if it is blank and the spec allows it; mount it by UUID."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import AdoptedFilesystem, Filesystem, Resources

if TYPE_CHECKING:
    from jetfleet.role.role_input import RoleInput


def desired(inputs: RoleInput) -> Resources:
    """Return the filesystem of a host with `storage`."""
    storage = inputs.host.storage
    if storage is None:
        return []
    kind = AdoptedFilesystem if inputs.host.adopted is not None else Filesystem
    return [
        kind(
            device=storage.device,
            mount=storage.mount,
            filesystem=storage.filesystem,
            options=storage.options,
            format_if_blank=storage.format == "if-blank",
        )
    ]
