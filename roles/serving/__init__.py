"""Model servers: each a systemd unit that is active only when its server is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.runtimes.registry import runtime_of

if TYPE_CHECKING:
    from jetfleet.resources import Resources
    from jetfleet.role.role_input import RoleInput


def desired(inputs: RoleInput) -> Resources:
    """Return the services of a host with their files, each resource once."""
    wanted: Resources = []
    for service in inputs.host.services:
        wanted += runtime_of(service).resources(inputs, service)
    return list({resource.key: resource for resource in wanted}.values())
