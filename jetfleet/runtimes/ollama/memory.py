"""What Ollama takes with each of its models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.version import parts
from jetfleet.memory.gguf import GgufServer, gguf_need
from jetfleet.memory.need import Need

if TYPE_CHECKING:
    from jetfleet.runtimes.ollama.spec import OllamaService
    from jetfleet.runtimes.subject import Subject

OVERHEAD = 0
"""Weights, cache and compute buffer account for the 6.5 GB that `ollama ps` shows for qwen3:8b (log
of an Orin Nano, source 002)."""

_DEFAULT_CONTEXTS = (("0.6.7", 4096), ("0.0", 2048))
"""From which version on: https://github.com/ollama/ollama/blob/main/docs/faq.mdx; 0.6.8 is measured
in source 002."""


def ollama_needs(subject: Subject, service: OllamaService, engine: str | None) -> list[Need]:
    """Return what it takes with each of its models, as if that were loaded alone.

    Without models there is one item: the program itself.
    """
    settings = service.settings
    flash = bool(settings.flash_attention)
    server = GgufServer(
        service=service.name,
        context=settings.context_length or _default_context(engine),
        at_once=settings.num_parallel or 1,
        kind=(settings.kv_cache_type or "f16") if flash else "f16",
        flash=flash,
        overhead=OVERHEAD,
        option="settings: {{context_length: {}}}",
    )
    nothing = Need(service.name, None, None, OVERHEAD, total=OVERHEAD, least=0)
    needs = [gguf_need(server, subject.weights(name), subject.memory) for name in service.models]
    return needs or [nothing]


def _default_context(engine: str | None) -> int:
    if engine is None:
        return _DEFAULT_CONTEXTS[0][1]
    asked = parts(engine)
    return next(context for since, context in _DEFAULT_CONTEXTS if asked >= parts(since))
