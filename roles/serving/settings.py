"""A model server of the spec as the settings of a service on the board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.containers import ServiceSettings

if TYPE_CHECKING:
    from jetfleet.catalog.images import KnownImage
    from jetfleet.spec.model import Service


def settings_of(service: Service) -> ServiceSettings:
    """Return name, address, ports and limits as the spec has them."""
    return ServiceSettings(
        name=service.name,
        port=service.tcp_port,
        host=service.host,
        ports=service.tcp_ports,
        about=service.runtime,
        env=service.env,
        ready_timeout=service.ready_timeout,
        rollback=service.on_failure == "rollback",
    )


def called(known: KnownImage) -> tuple[str | None, tuple[str, ...]]:
    """Return what replaces an image's entrypoint, and the words that call its server."""
    first, *rest = known.executable
    return (first, tuple(rest)) if known.entrypoint else (None, known.executable)
