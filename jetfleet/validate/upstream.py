"""Checks of whom a WebUI asks, and whether its answers fit in what the other can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.option_value import whole_number
from jetfleet.spec.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.spec.model import Service
    from jetfleet.spec.problem import Problem
    from jetfleet.validate.subject import HostInSpec

# live_vlm_webui/vlm_service.py and static/index.html, 0.4.0
_DEFAULT_TOKENS = 512
_SPEAK_OPENAI = ("vllm", "trtllm", "llama.cpp", "ollama", "container")
_CONTEXT = {
    "vllm": ("max-model-len",),
    "trtllm": ("max-seq-len",),
    "llama.cpp": ("ctx-size", "c"),
}


def check_upstream(of: HostInSpec, service: Service) -> Iterator[Problem]:
    """Yield a problem for a WebUI that asks nobody, somebody unknown, or for more than fits."""
    if service.runtime != "live-vlm-webui":
        return
    path = ("services", service.name)
    if (service.upstream is None) == (service.api_base is None):
        found = (
            "both upstream and api_base" if service.upstream else "neither upstream nor api_base"
        )
        remedy = "write upstream: SERVICE for one on this host, else api_base and served_name"
        expected = "one of the two: a WebUI that is not told looks for a server, even in the cloud"
        yield of.problem(path, found, expected, remedy, rule="webui-upstream")
        return
    if service.upstream is None:
        if service.served_name is None:
            remedy = "add what /v1/models of that server lists"
            yield of.problem((*path, "served_name"), "no served_name", "a model id", remedy)
        return
    others = {one.name: one for one in of.host.services if one.runtime in _SPEAK_OPENAI}
    upstream = others.get(service.upstream)
    if upstream is None:
        found = f'the service "{service.upstream}"'
        expected = f"one of {', '.join(others)}" if others else "a model server on this host"
        remedy = did_you_mean(service.upstream, others)
        yield of.problem((*path, "upstream"), found, expected, remedy, rule="webui-upstream")
        return
    yield from _served_name(of, service, upstream)
    yield from _tokens(of, service, upstream)


def _served_name(of: HostInSpec, service: Service, upstream: Service) -> Iterator[Problem]:
    if upstream.runtime == "container" and service.served_name is None:
        remedy = f"add what /v1/models of {upstream.name} lists"
        path = ("services", service.name, "served_name")
        yield of.problem(path, "no served_name", "a model id: a container has none", remedy)


def _tokens(of: HostInSpec, service: Service, upstream: Service) -> Iterator[Problem]:
    context = context_of(upstream)
    tokens = service.max_tokens or _DEFAULT_TOKENS
    if context is None or tokens < context:
        return
    asked = "" if service.max_tokens else ", which the WebUI asks for unless it is told"
    yield of.problem(
        ("services", service.name, "max_tokens"),
        f"an answer of {tokens} tokens{asked}",
        f"less than the context of {upstream.name}, {context} tokens, for the picture is in it too",
        f"write max_tokens: {max(1, min(100, context // 2))}, or give {upstream.name} more context",
        rule="webui-max-tokens",
    )


def context_of(service: Service) -> int | None:
    """Return the tokens of context that a service is told to hold; None if it is not told."""
    plain = {name.replace("_", "-"): value for name, value in service.flags.items()}
    named = (plain.get(name) for name in _CONTEXT.get(service.runtime, ()))
    written = next((value for value in named if value is not None), service.settings.context_length)
    number = whole_number(written)
    return number if number is not None and number > 0 else None
