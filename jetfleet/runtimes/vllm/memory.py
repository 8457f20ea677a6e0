"""What vLLM takes: a share of all memory at its start, whatever the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.catalog.option_value import whole_number
from jetfleet.catalog.version import parts
from jetfleet.memory.cache import cache_bytes, longest
from jetfleet.memory.need import Need

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.memory.need import Weights

SHARE = "gpu-memory-utilization"
"""The option that gives it a share of the board's memory."""

OVERHEAD = 512 * 2**20
"""Bytes outside its share, an estimate: source 001's Orin Nano leaves it 1.3 GiB at most; 2.6 GiB
were measured on a board of 128 GB: https://github.com/llamastash/llamastash/pull/81."""

_DEFAULT_SHARES = (("0.20.0", 0.92), ("0.0", 0.9))
"""From which version on; read in the parsers of the wheels."""


def share_of(options: Mapping[str, Any], engine: str | None) -> float:
    """Return the share of memory that a vLLM takes: as its options say, or by default.

    A value that is no share is refused elsewhere, and taken for the default here.
    """
    written = options.get(SHARE)
    if isinstance(written, (int, float)) and not isinstance(written, bool) and 0 < written <= 1:
        return float(written)
    asked = parts(engine or "0.0")
    return next(share for since, share in _DEFAULT_SHARES if asked >= parts(since))


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
    share = round(share_of(options, engine) * board)
    kind = str(options.get("kv-cache-dtype", "auto"))
    model = weights.architecture
    context = _context(options, model.context)
    cache = cache_bytes(model, context, kind) if context else None
    room = share - (weights.bytes or 0)
    fits = None
    if weights.bytes is not None:
        fits = longest(lambda tokens: cache_bytes(model, tokens, kind), room, model.context)
    return Need(
        name=name,
        weights=weights.bytes,
        cache=cache,
        overhead=OVERHEAD,
        total=share + OVERHEAD,
        least=(weights.bytes or 0) + (cache or 0),
        share=share,
        longest=fits,
        option=f"flags: {{{key}: {fits}}}" if fits else "",
        sure=weights.bytes is not None and cache is not None,
    )


def _context(options: Mapping[str, Any], of_model: int | None) -> int | None:
    """Return the context that must fit; None where vLLM may choose it."""
    written = options.get("max-model-len")
    number = whole_number(written)
    if written in ("auto", -1):
        return None
    if number is None or number <= 0:
        return of_model
    # A longer one is refused for another reason.
    return min(number, of_model or number)
