"""Partition and format the NVMe if it is blank and the spec allows it, mount it, swap to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import AdoptedFilesystem, Filesystem, Resources, Swap, Zram
from jetfleet.spec.docker_options import size_in_bytes

if TYPE_CHECKING:
    from jetfleet.role.role_input import RoleInput


def desired(inputs: RoleInput) -> Resources:
    """Return the filesystem of a host with `storage`, and its swap."""
    return [*_filesystem(inputs), *_swap(inputs)]


def _swap(inputs: RoleInput) -> Resources:
    host = inputs.host
    if host.adopted is not None:
        return []
    wanted: Resources = [Zram()] if host.zram else []
    if host.swap is not None:
        mount = host.storage.mount if host.storage else "/var"
        path = host.swap.path or f"{mount}/jetfleet.swap"
        wanted.append(Swap(path, size_in_bytes(host.swap.size)))
    return wanted


def _filesystem(inputs: RoleInput) -> Resources:
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
