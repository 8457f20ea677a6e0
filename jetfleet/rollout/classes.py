"""The class of a host: hosts of one class are alike enough that one can stand for the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.image_choice import image_of
from jetfleet.catalog.images import NoImageError

if TYPE_CHECKING:
    from jetfleet.spec.model import HostSpec, Service


def class_of(host: HostSpec) -> str:
    """Return the class of a host as text, such as ``agx-orin-64gb, JetPack 6.2, vllm x.io/y:1``.

    It is its module, its JetPack, and runtime and image of each service. Hosts that differ only by
    models or settings are one class: they run the same programs on the same hardware.
    """
    served = sorted({_served(host, service) for service in host.services})
    return ", ".join([host.module, f"JetPack {host.jetpack}", *served])


def _served(host: HostSpec, service: Service) -> str:
    if not service.in_container:
        return service.runtime
    try:
        return f"{service.runtime} {image_of(host, service).ref}"
    except NoImageError:
        return service.runtime  # validation says so; here it is as good as any other
