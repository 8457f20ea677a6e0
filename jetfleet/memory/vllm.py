"""What vLLM takes: a share of all memory at its start, whatever the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.catalog.option_table import plain_option
from jetfleet.catalog.option_value import whole_number
from jetfleet.memory.cache import cache_bytes, longest
from jetfleet.memory.need import Need, default, overhead

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.memory.need import Weights


def share_of(options: Mapping[str, Any], engine: str | None) -> float:
    """Return the share of memory that a vLLM takes: as its options say, or by default.

    What is written and no share at all is refused elsewhere, and taken for the default here.
    """
    written = plain(options).get("gpu-memory-utilization")
    if isinstance(written, (int, float)) and not isinstance(written, bool) and 0 < written <= 1:
        return float(written)
    return default("vllm_share", engine or "0.0")


def vllm_need(  # noqa: PLR0913 - each is one factor of the sum
    name: str,
    options: Mapping[str, Any],
    board: int,
    weights: Weights,
    engine: str | None,
    *,
    key: str = "max-model-len",
) -> Need:
    """Return what a vLLM with these options takes of a board with `board` bytes.

    `least` is what has to fit in its share: the weights and one context.
    """
    flags = plain(options)
    share = round(share_of(options, engine) * board)
    kind = str(flags.get("kv-cache-dtype", "auto"))
    model = weights.architecture
    context = _context(flags, model.context)
    cache = cache_bytes(model, context, kind) if context else None
    room = share - (weights.bytes or 0)
    fits = None
    if weights.bytes is not None:
        fits = longest(lambda tokens: cache_bytes(model, tokens, kind), room, model.context)
    beside = overhead("vllm")
    return Need(
        name=name,
        weights=weights.bytes,
        cache=cache,
        overhead=beside,
        total=share + beside,
        least=(weights.bytes or 0) + (cache or 0),
        share=share,
        longest=fits,
        option=f"flags: {{{key}: {fits}}}" if fits else "",
        sure=weights.bytes is not None and cache is not None,
    )


def plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options by their names with dashes."""
    return {plain_option(name): value for name, value in options.items()}


def _context(flags: Mapping[str, Any], of_model: int | None) -> int | None:
    """Return the context that must fit; of one that vLLM may choose itself, none must."""
    written = flags.get("max-model-len")
    number = whole_number(written)
    if written in ("auto", -1):
        return None
    if number is None or number <= 0:
        return of_model
    # A longer one is refused for another reason.
    return min(number, of_model or number)
