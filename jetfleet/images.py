"""Which image a service runs, and how its server is called in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.images import VllmImage, full_ref, image_by_ref, vllm_image
from jetfleet.catalog.l4t import resolve_l4t
from jetfleet.catalog.modules import module

if TYPE_CHECKING:
    from jetfleet.spec.model import HostSpec, Service


def image_of(host: HostSpec, service: Service) -> VllmImage:
    """Return the image that the spec names, or else the catalog's for the host's (SoC, L4T).

    An image that the catalog does not know is taken to have `vllm` on its PATH.
    """
    soc = module(host.module).soc
    l4t = resolve_l4t(host.jetpack, host.l4t, soc)
    if service.image is None:
        return vllm_image(soc, l4t)
    return image_by_ref(service.image) or VllmImage(
        ref=full_ref(service.image),
        socs=frozenset({soc}),
        l4t_min=l4t,
        l4t_max=l4t,
        vllm=None,
        executable=("vllm",),
        default=False,
        sources=(),
        doubt=None,
    )
