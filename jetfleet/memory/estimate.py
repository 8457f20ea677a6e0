"""What a service takes of a board's memory, by its runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.memory.cache import cache_bytes, longest
from jetfleet.memory.gguf import llama_cpp_need, ollama_need
from jetfleet.memory.need import Need, Weights, default, overhead, system
from jetfleet.memory.vllm import plain, vllm_need

if TYPE_CHECKING:
    from collections.abc import Callable

    from jetfleet.spec.model import Service
    from jetfleet.spec.service import TritonModel


def need_of(
    service: Service,
    board: int,
    models: Callable[[str], Weights],
    engine: str | None,
    inner: str | None = None,
) -> Need:
    """Return what a service takes of a board.

    Parameters
    ----------
    board:
        MemTotal in bytes.
    models:
        Returns what is known of a model of the spec by its name.
    engine:
        Version of the runtime's program, where known.
    inner:
        Version of the vLLM within Triton, where known.

    """
    if service.runtime == "ollama":
        return ollama_need(service, board, [models(name) for name in service.models], engine)
    if service.runtime == "triton":
        return _triton(service, board, models, inner)
    named = models(service.model) if service.model else Weights("nothing", None)
    if service.runtime == "vllm":
        return vllm_need(service.name, service.flags, board, named, engine)
    if service.runtime == "llama.cpp":
        return llama_cpp_need(service, board, named)
    if service.runtime == "trtllm":
        return _trtllm(service, board, named)
    return _other(service, [models(name) for name in service.model_names])


def _trtllm(service: Service, board: int, weights: Weights) -> Need:
    """TensorRT-LLM takes its share of what is free once the weights are loaded."""
    flags, model = plain(service.flags), weights.architecture
    names = ("kv-cache-free-gpu-memory-fraction", "free-gpu-memory-fraction")
    written = next((flags[name] for name in names if name in flags), None)
    share = float(written) if isinstance(written, (int, float)) else default("trtllm_share", None)
    context, beside = flags.get("max-seq-len"), overhead("trtllm")
    cache = cache_bytes(model, context) if isinstance(context, int) else None
    free = max(0, board - system() - beside - (weights.bytes or 0))
    fits = None
    if weights.bytes is not None:
        room = round(free * share)
        fits = longest(lambda tokens: cache_bytes(model, tokens), room, model.context)
    return Need(
        name=service.name,
        weights=weights.bytes,
        cache=cache,
        overhead=beside,
        total=(weights.bytes or 0) + round(free * share) + beside,
        least=(weights.bytes or 0) + (cache or 0),
        longest=fits,
        option=f"flags: {{max_seq_len: {fits}}}" if fits else "",
        sure=weights.bytes is not None,
    )


def _triton(
    service: Service, board: int, models: Callable[[str], Weights], inner: str | None
) -> Need:
    needs = [
        need
        for name, entry in service.repository.items()
        for need in [_entry(name, entry, board, models, inner)] * entry.instances
    ]
    first = next((need for need in needs if need.longest), None)
    beside = overhead("triton")
    return Need(
        name=service.name,
        weights=sum(need.weights or 0 for need in needs) or None,
        cache=sum(need.cache or 0 for need in needs) or None,
        overhead=beside,
        # What a vLLM keeps beside its share is counted once, for the server that they are in.
        total=sum(need.share or need.total for need in needs) + beside,
        least=sum(need.least for need in needs),
        longest=first.longest if first else None,
        option=first.option if first else "",
        sure=all(need.sure for need in needs),
        parts=tuple(needs),
    )


def _entry(
    name: str,
    entry: TritonModel,
    board: int,
    models: Callable[[str], Weights],
    inner: str | None,
) -> Need:
    weights = models(entry.model) if entry.model else Weights(name, None)
    if entry.backend == "vllm":
        return vllm_need(name, entry.flags, board, weights, inner, key="max_model_len")
    size = weights.bytes or 0
    return Need(name, weights.bytes, None, 0, total=size, least=size, sure=bool(entry.model))


def _other(service: Service, models: list[Weights]) -> Need:
    """Return what a program of which nothing is known may take: what it is given, and itself."""
    size, beside = sum(one.bytes or 0 for one in models), overhead(service.runtime)
    return Need(service.name, size or None, None, beside, total=size + beside, least=0, sure=False)
