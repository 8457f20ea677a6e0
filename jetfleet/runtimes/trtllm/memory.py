"""What TensorRT-LLM takes: its weights, and a share of what is then free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.memory.cache import cache_bytes, longest
from jetfleet.memory.need import Need, system

if TYPE_CHECKING:
    from jetfleet.memory.need import Weights
    from jetfleet.runtimes.trtllm.spec import TrtLlmService

OVERHEAD = 512 * 2**20
"""Bytes beside weights and cache: an estimate, as vLLM's."""

_DEFAULT_SHARE = 0.9
"""Read in its parser."""


def trtllm_need(service: TrtLlmService, board: int, weights: Weights) -> Need:
    """Return what it takes of a board with `board` bytes."""
    model = weights.architecture
    written = service.option("kv-cache-free-gpu-memory-fraction", "free-gpu-memory-fraction")
    share = float(written) if isinstance(written, (int, float)) else _DEFAULT_SHARE
    context = service.option("max-seq-len")
    cache = cache_bytes(model, context) if isinstance(context, int) else None
    free = max(0, board - system() - OVERHEAD - (weights.bytes or 0))
    fits = None
    if weights.bytes is not None:
        room = round(free * share)
        fits = longest(lambda tokens: cache_bytes(model, tokens), room, model.context)
    return Need(
        name=service.name,
        weights=weights.bytes,
        cache=cache,
        overhead=OVERHEAD,
        total=(weights.bytes or 0) + round(free * share) + OVERHEAD,
        least=(weights.bytes or 0) + (cache or 0),
        longest=fits,
        option=f"flags: {{max-seq-len: {fits}}}" if fits else "",
        sure=weights.bytes is not None,
    )
