"""What SGLang takes: a fraction of the memory that is free at its start, for weights and cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.catalog.option_value import positive_number
from jetfleet.catalog.version import parts
from jetfleet.memory.cache import cache_bytes, longest
from jetfleet.memory.need import Need, system

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.memory.need import Weights

FRACTION = "mem-fraction-static"
"""The option for the fraction."""

OVERHEAD = 1536 * 2**20
"""Bytes beside its fraction: four processes with CUDA and the graphs; an estimate."""

_MIB, _GIB = 2**20, 2**30
_USUAL = 0.88
_LARGE = 96 * _GIB
# Read in srt/server_args.py of 0.5.5.post2: for boards below a number of GiB, the tokens of a chunk
# of a prompt and the requests of its largest CUDA graph, which decide what it leaves free.
_LEFT_FREE = ((20, 2048, 8), (35, 2048, 24), (60, 4096, 32), (160, 8192, 256))


def fraction_of(options: Mapping[str, Any], engine: str | None, board: int) -> float:
    """Return the fraction that an SGLang takes on a board with `board` bytes.

    A value that is no fraction is refused elsewhere, and taken for the default here.
    """
    written = options.get(FRACTION)
    if isinstance(written, (int, float)) and not isinstance(written, bool) and 0 < written < 1:
        return float(written)
    if engine is not None and parts(engine) >= (0, 5):
        return _fraction_from_0_5(board)
    if board <= _LARGE:
        return _USUAL
    return min(_USUAL + 48 * _GIB * (1 - _USUAL) / board, (board - 18 * _GIB) / board)


def _fraction_from_0_5(board: int) -> float:
    found = (row[1:] for row in _LEFT_FREE if board < row[0] * _GIB)
    chunk, graph = next(found, _LEFT_FREE[-1][1:])
    free = 512 + 1.5 * max(chunk, 2048) + 2 * graph + 128
    if board > 60 * _GIB:
        free = max(free, 10240)
    return max(0.0, 1 - free * _MIB / board)


def sglang_need(
    name: str, options: Mapping[str, Any], board: int, weights: Weights, engine: str | None
) -> Need:
    """Return what an SGLang with these options takes of a board with `board` bytes.

    The fraction is of what the system leaves free; a service that starts before it leaves less.
    Only the weights must fit: SGLang starts with a cache that is smaller than one context.
    """
    free = max(0, board - system())
    share = round(fraction_of(options, engine, board) * free)
    kind, model = str(options.get("kv-cache-dtype", "auto")), weights.architecture
    context = positive_number(options.get("context-length")) or model.context
    cache = cache_bytes(model, context, kind) if context else None
    fits = None
    if weights.bytes is not None:
        room = share - weights.bytes
        fits = longest(lambda tokens: cache_bytes(model, tokens, kind), room, model.context)
    return Need(
        name=name,
        weights=weights.bytes,
        cache=cache,
        overhead=OVERHEAD,
        total=share + OVERHEAD,
        least=weights.bytes or 0,
        share=share,
        longest=fits,
        option=_remedy(weights.bytes or 0, share, free, fits),
        sure=weights.bytes is not None,
    )


def _remedy(weights: int, share: int, free: int, fits: int | None) -> str:
    """Return what to write: a fraction with room for the weights, or the longest context."""
    if share < weights < free * 0.9:
        return f"flags: {{{FRACTION}: {weights / free + 0.05:.2f}}}"
    return f"flags: {{context-length: {fits}}}" if fits else ""
