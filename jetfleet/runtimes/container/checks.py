"""Checks of a container's probe, and of the address of its ports."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.runtimes.container.spec import ContainerService
    from jetfleet.runtimes.subject import HostInSpec
    from jetfleet.spec.problem import Problem


def check_probe(of: HostInSpec, service: ContainerService) -> Iterator[Problem]:
    """Yield a problem for a probe of a port that is not known or not published."""
    port, path = service.tcp_port, ("services", service.name, "probe")
    if service.probe is None:
        return
    if not port:
        found, expected = "a probe without a port", "the port that is asked"
        yield of.problem(path, found, expected, "write port: NUMBER")
    elif service.ports and port not in service.ports:
        found, expected = f"the port {port}", "one that `ports` publishes"
        remedy = f"write one of {', '.join(map(str, service.ports))}"
        yield of.problem(path, found, expected, remedy)


def check_address(of: HostInSpec, service: ContainerService) -> Iterator[Problem]:
    """Yield a problem for published ports whose address Docker does not take."""
    if not service.ports or service.host == "localhost":
        return
    try:
        ipaddress.ip_address(service.host)
    except ValueError:
        found, expected = f"the name {service.host} beside `ports`", "an IP address of the board"
        remedy = "write an address, such as host: 127.0.0.1, or remove it"
        yield of.problem(("services", service.name, "host"), found, expected, remedy)
