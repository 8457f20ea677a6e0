"""Checks of how Live VLM WebUI asks: by which scheme, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.runtimes.registry import runtime_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.runtimes.subject import HostInSpec
    from jetfleet.runtimes.webui.spec import WebuiService
    from jetfleet.spec.problem import Problem

# The frames that it asks of by default: live_vlm_webui/server.py, 0.4.0.
_EVERY = 30
_SMALL, _SELDOM = 1024, 60


def check_pace(of: HostInSpec, service: WebuiService) -> Iterator[Problem]:
    """Yield a problem for an address of another scheme, and for frames that come too fast."""
    path = ("services", service.name)
    if service.api_base and service.api_base.startswith("https://") and _is_here(of, service):
        found, expected = service.api_base, "an http address: the servers here speak no TLS"
        remedy = f"write http{service.api_base.removeprefix('https')}, or upstream: SERVICE"
        yield of.problem((*path, "api_base"), found, expected, remedy, rule="webui-https")
    by_name = {other.name: other for other in of.host.services}
    upstream = by_name.get(service.upstream or "")
    context = runtime_of(upstream).context(upstream) if upstream else None
    if context is None:
        return
    every = service.process_every or _EVERY
    if context < _SMALL and every < _SELDOM:
        found = f"one frame in {every}" + ("" if service.process_every else ", the default")
        expected = f"one in {_SELDOM} or fewer where the context is {context} tokens"
        remedy = f"write process_every: {_SELDOM}"
        yield of.problem(
            (*path, "process_every"), found, expected, remedy, warning=True, rule="webui-interval"
        )


def _is_here(of: HostInSpec, service: WebuiService) -> bool:
    """Tell whether the WebUI's address is that of a service of its own host."""
    authority = (service.api_base or "").removeprefix("https://").partition("/")[0]
    name, _, port = authority.partition(":")
    ports = {str(one.tcp_port) for one in of.host.services}
    return name in {"localhost", "127.0.0.1", of.host.address} and port in ports
