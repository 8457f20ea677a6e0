"""Checks of which server a WebUI asks, and whether answers fit in the context of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.runtimes.registry import runtime_of
from jetfleet.spec.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.runtimes.subject import HostInSpec
    from jetfleet.runtimes.webui.spec import WebuiService
    from jetfleet.spec.problem import Problem
    from jetfleet.spec.service import Service

# live_vlm_webui/vlm_service.py and static/index.html, 0.4.0
_DEFAULT_TOKENS = 512


def check_upstream(of: HostInSpec, service: WebuiService) -> Iterator[Problem]:
    """Yield a problem for a WebUI without a server, with an unknown one, or that asks too much."""
    path = ("services", service.name)
    if (service.upstream is None) == (service.api_base is None):
        found = (
            "both upstream and api_base" if service.upstream else "neither upstream nor api_base"
        )
        remedy = "write upstream: SERVICE for one on this host, else api_base and served_name"
        expected = "one of the two: a WebUI without either looks for a server, even in the cloud"
        yield of.problem(path, found, expected, remedy, rule="webui-upstream")
        return
    if service.upstream is None:
        if service.served_name is None:
            remedy = "add what /v1/models of that server lists"
            yield of.problem((*path, "served_name"), "no served_name", "a model id", remedy)
        return
    others = {one.name: one for one in of.host.services if runtime_of(one).speaks_openai}
    upstream = others.get(service.upstream)
    if upstream is None:
        found = f'the service "{service.upstream}"'
        expected = f"one of {', '.join(others)}" if others else "a model server on this host"
        remedy = did_you_mean(service.upstream, others)
        yield of.problem((*path, "upstream"), found, expected, remedy, rule="webui-upstream")
        return
    yield from _served_name(of, service, upstream)
    yield from _tokens(of, service, upstream)


def _served_name(of: HostInSpec, service: WebuiService, upstream: Service) -> Iterator[Problem]:
    runtime = runtime_of(upstream)
    if runtime.any_image and service.served_name is None:
        remedy = f"add what /v1/models of {upstream.name} lists"
        path = ("services", service.name, "served_name")
        yield of.problem(path, "no served_name", f"a model id: a {runtime.title} has none", remedy)


def _tokens(of: HostInSpec, service: WebuiService, upstream: Service) -> Iterator[Problem]:
    context = runtime_of(upstream).context(upstream)
    tokens = service.max_tokens or _DEFAULT_TOKENS
    if context is None or tokens < context:
        return
    asked = "" if service.max_tokens else ", the default of the WebUI"
    yield of.problem(
        ("services", service.name, "max_tokens"),
        f"an answer of {tokens} tokens{asked}",
        f"less than the context of {upstream.name}, {context} tokens, because the picture takes "
        "part of it",
        f"write max_tokens: {max(1, min(100, context // 2))}, or give {upstream.name} more context",
        rule="webui-max-tokens",
    )
