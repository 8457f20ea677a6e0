"""Which image a service runs, and how its server is called in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.images import KnownImage, default_image, image_by_ref
from jetfleet.catalog.modules import l4t_of, module

if TYPE_CHECKING:
    from jetfleet.spec.model import HostSpec, Service


def image_of(host: HostSpec, service: Service) -> KnownImage:
    """Return the image that the spec names, or else the catalog's for the host's (SoC, L4T).

    An image that the catalog does not know, or knows for another runtime, has no `executable`: its
    runtime says how its server is called. Raises `NoImageError` for a service that names no image
    where the catalog has none.
    """
    soc = module(host.module).soc
    l4t = l4t_of(host)
    if service.image is None:
        return default_image(service.runtime, soc, l4t)
    known = image_by_ref(service.image)
    if known is not None and known.runtime == service.runtime:
        return known
    return KnownImage(
        runtime=service.runtime,
        ref=service.image,
        socs=frozenset({soc}),
        l4t_min=l4t,
        l4t_max=l4t,
        version=None,
        executable=(),
        default=False,
        sources=(),
        doubt=None,
    )
