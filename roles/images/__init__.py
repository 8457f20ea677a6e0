"""The container images of a host's services, by digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jetfleet.given import Given
    from jetfleet.resources import Resources


def desired(given: Given) -> Resources:
    """Return each image once, however many services run it."""
    images = (given.image_of(service)[0] for service in given.host.services if service.in_container)
    return list(dict.fromkeys(images))
