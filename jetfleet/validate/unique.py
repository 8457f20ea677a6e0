"""Checks that no two things claim one name, one address or one port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.runtimes.subject import HostInSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.spec.load import Spec
    from jetfleet.spec.model import HostSpec
    from jetfleet.spec.problem import Problem


def check_hosts(spec: Spec) -> Iterator[Problem]:
    """Yield a problem for each host with the name or the address and port of an earlier one."""
    names: dict[str, str] = {}
    addresses: dict[tuple[str, int], str] = {}
    for host in spec.hosts:
        same_name = names.setdefault(host.name.lower(), host.name)
        if same_name != host.name:
            found = f'the name "{host.name}" beside "{same_name}"'
            yield HostInSpec(spec, host).problem(
                (), found, "names that differ", "rename one of them"
            )
        other = addresses.setdefault((host.address.lower(), host.port), host.name)
        if other != host.name:
            found = f"the address {host.address}, which {other} has too"
            remedy = "write the address that is its own"
            yield HostInSpec(spec, host).problem(("address",), found, "one of its own", remedy)


def check_services(of: HostInSpec) -> Iterator[Problem]:
    """Yield a problem for each service with the name or the port of an earlier one.

    What was set up by hand was there before all others, and runs as it is.
    """
    host = of.host
    names: dict[str, str] = {}
    ports = {port: service.name for service in host.adopted_services for port in service.tcp_ports}
    for service in host.services:
        path = ("services", service.name)
        same_name = names.setdefault(service.name.lower(), service.name)
        if same_name != service.name:
            found = f'the name "{service.name}" beside "{same_name}"'
            yield of.problem(path, found, "names that differ", "rename one of them")
        for port in service.tcp_ports:
            other = ports.setdefault(port, service.name)
            if other == service.name:
                continue
            found = f"port {port}, which the service {other} of {host.name} has too"
            remedy = f"write another, such as {_free_port(host)}"
            expected = "a port of its own"
            yield of.problem((*path, "port"), found, expected, remedy, rule="port-clash")


def _free_port(host: HostSpec) -> int:
    services = (*host.services, *host.adopted_services)
    taken = {port for service in services for port in service.tcp_ports}
    return next(port for port in range(8000, 65536) if port not in taken)
