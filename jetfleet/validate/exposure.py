"""Checks of how far a service reaches into its board, and how far the network reaches it."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from jetfleet.catalog.rules import rule
from jetfleet.runtimes.registry import runtime_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.runtimes.subject import HostInSpec
    from jetfleet.spec.problem import Problem
    from jetfleet.spec.service import Service


def check_exposure(of: HostInSpec, service: Service) -> Iterator[Problem]:
    """Yield a problem for a privileged container, and for a server that every machine can use."""
    if service.privileged:
        found = rule("privileged")
        path = ("services", service.name, "privileged")
        yield of.problem(path, found.sentence, "", found.remedy, rule="privileged")
    if _is_open(service):
        found, path = rule("open-to-the-network"), ("services", service.name, "host")
        yield of.problem(
            path, found.sentence, "", found.remedy, warning=True, rule="open-to-the-network"
        )


def _is_open(service: Service) -> bool:
    """Tell whether the network reaches a server that asks for no key.

    The command of a container with the network of its board decides where it listens: what such a
    container does is not known.
    """
    runtime = runtime_of(service)
    known = service.publishes or not runtime.any_image
    keyed = service.key(runtime.key_variable) is not None
    return known and not keyed and bool(service.tcp_ports) and not _is_local(service.host)


def _is_local(host: str) -> bool:
    """Tell whether only the board itself reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
