"""What Ollama and llama.cpp take: weights, the caches of their contexts, and a compute buffer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.catalog.option_table import plain_option
from jetfleet.memory.cache import cache_bytes, compute_bytes, longest
from jetfleet.memory.need import Need, default, overhead, system

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.memory.need import Weights
    from jetfleet.spec.model import Service

_UNWRITTEN_CONTEXT = 4096


def ollama_need(
    service: Service, board: int, models: Sequence[Weights], engine: str | None
) -> Need:
    """Return what an Ollama takes with the largest of its models loaded: it serves them in turn."""
    needs = ollama_needs(service, board, models, engine)
    return max(needs, key=lambda need: need.total, default=_nothing(service))


def ollama_needs(
    service: Service, board: int, models: Sequence[Weights], engine: str | None
) -> list[Need]:
    """Return what an Ollama takes with each of its models, as if that were loaded alone."""
    said = service.settings
    context = said.context_length or int(default("ollama_context", engine))
    flash = bool(said.flash_attention)
    kind = (said.kv_cache_type or "f16") if flash else "f16"
    return [
        _need(service, weights, board, _Asked(context, said.num_parallel or 1, kind, flash))
        for weights in models
    ]


def llama_cpp_need(service: Service, board: int, weights: Weights) -> Need:
    """Return what llama.cpp's server takes; a context that is not written is taken for 4096.

    Its server then takes the model's own, or as much as fits.
    """
    flags = {plain_option(name): value for name, value in service.flags.items()}
    written = _first(flags, "ctx-size", "c")
    context = written if isinstance(written, int) and written > 0 else _UNWRITTEN_CONTEXT
    kind = str(_first(flags, "cache-type-k", "ctk") or "f16")
    flash = str(_first(flags, "flash-attn", "fa")).lower() not in {"off", "false", "0"}
    return _need(service, weights, board, _Asked(context, 1, kind, flash))


@dataclass(frozen=True)
class _Asked:
    """What a server of GGUF files is asked to hold: contexts of so many tokens, at once."""

    context: int
    at_once: int
    kind: str
    flash: bool


def _need(service: Service, weights: Weights, board: int, asked: _Asked) -> Need:
    model = weights.architecture
    tokens = asked.context * asked.at_once

    def cost(context: int) -> int | None:
        tokens = context * asked.at_once
        cache = cache_bytes(model, tokens, asked.kind)
        compute = compute_bytes(model, tokens, flash=asked.flash)
        return None if cache is None else cache + compute

    cache = cache_bytes(model, tokens, asked.kind)
    own = overhead(service.runtime)
    beside = compute_bytes(model, tokens, flash=asked.flash) + own
    least = (weights.bytes or 0) + (cache or 0)
    fits = None
    if weights.bytes is not None:
        fits = longest(cost, board - system() - weights.bytes - own, model.context)
    key = "context_length" if service.runtime == "ollama" else "ctx-size"
    option = f"{'settings' if service.runtime == 'ollama' else 'flags'}: {{{key}: {fits}}}"
    return Need(
        name=f"{service.name} with {weights.name}",
        weights=weights.bytes,
        cache=cache,
        overhead=beside,
        total=least + beside,
        least=least,
        longest=fits,
        option=option if fits else "",
        sure=weights.bytes is not None and cache is not None,
    )


def _nothing(service: Service) -> Need:
    beside = overhead(service.runtime)
    return Need(service.name, None, None, beside, total=beside, least=0)


def _first(flags: Mapping[str, Any], *names: str) -> Any:  # noqa: ANN401 - any JSON value
    return next((flags[name] for name in names if name in flags), None)
