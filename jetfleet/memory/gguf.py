"""What a server of GGUF files takes: weights, the caches of its contexts, a compute buffer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.memory.cache import cache_bytes, compute_bytes, longest
from jetfleet.memory.need import Need, system

if TYPE_CHECKING:
    from jetfleet.memory.need import Weights


@dataclass(frozen=True)
class GgufServer:
    """What a server of GGUF files holds.

    Parameters
    ----------
    service:
        Its name.
    context:
        Tokens of one context.
    at_once:
        Contexts that it holds.
    kind:
        Type of its cache.
    flash:
        Whether flash attention is on.
    overhead:
        Bytes that the program itself takes.
    option:
        How a spec writes the context, with ``{}`` for the number.

    """

    service: str
    context: int
    at_once: int
    kind: str
    flash: bool
    overhead: int
    option: str


def gguf_need(server: GgufServer, weights: Weights, board: int) -> Need:
    """Return what a server takes of a board with `board` bytes when it has loaded these weights."""
    model = weights.architecture
    tokens = server.context * server.at_once

    def cost(context: int) -> int | None:
        tokens = context * server.at_once
        cache = cache_bytes(model, tokens, server.kind)
        compute = compute_bytes(model, tokens, flash=server.flash)
        return None if cache is None else cache + compute

    cache = cache_bytes(model, tokens, server.kind)
    beside = compute_bytes(model, tokens, flash=server.flash) + server.overhead
    least = (weights.bytes or 0) + (cache or 0)
    fits = None
    if weights.bytes is not None:
        fits = longest(cost, board - system() - weights.bytes - server.overhead, model.context)
    return Need(
        name=f"{server.service} with {weights.name}",
        weights=weights.bytes,
        cache=cache,
        overhead=beside,
        total=least + beside,
        least=least,
        longest=fits,
        option=server.option.format(fits) if fits else "",
        sure=weights.bytes is not None and cache is not None,
    )
