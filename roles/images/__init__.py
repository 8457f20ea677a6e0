"""The container images of a host: of its services, and those that are pulled ahead."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jetfleet.resources import Package
from jetfleet.role.seed import seed

if TYPE_CHECKING:
    from jetfleet.resources import Resources
    from jetfleet.role.role_input import RoleInput


def desired(inputs: RoleInput) -> Resources:
    """Return each image once, however many services run it."""
    docker = inputs.host.docker
    # containerd's image store does not use data_root.
    moved = docker is not None and not docker.uses_containerd
    root = (docker.data_root if docker and moved else None) or ""
    images = [
        inputs.image_of(service)[0] for service in inputs.host.services if service.in_container
    ]
    images += [inputs.image(ref) for ref in inputs.host.images]
    found: Resources = [replace(image, root=root) for image in dict.fromkeys(images)]
    if docker is not None and docker.seed:
        shared = [image.near.kept for image in images if image.near and image.near.is_seed]
        found += [Package("aria2"), *dict.fromkeys(shared), *seed(inputs.host.models.dir)]
    elif any(image.near and not image.near.offline for image in images):
        found.insert(0, Package("aria2"))
    return found
