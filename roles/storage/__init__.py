"""The NVMe: partitioned and formatted only if blank and with leave, mounted by UUID."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import AdoptedFilesystem, Filesystem, Resources

if TYPE_CHECKING:
    from jetfleet.given import Given


def desired(given: Given) -> Resources:
    """Return the filesystem of a host that declares `storage`."""
    storage = given.host.storage
    if storage is None:
        return []
    kind = AdoptedFilesystem if given.host.adopted is not None else Filesystem
    return [
        kind(
            device=storage.device,
            mount=storage.mount,
            filesystem=storage.filesystem,
            options=storage.options,
            format_if_blank=storage.format == "if-blank",
        )
    ]
