"""Bytes of the key-value cache and of llama.cpp's compute buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.data_file import read_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from jetfleet.catalog.architecture import Architecture

_STEP = 256
_SCORE_BYTES = 4
_VALUE_BYTES = 2.0
# Bytes of a number; the block formats of ggml have a scale for each 32 numbers:
# https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h
_TYPES = {"q8_0": 34 / 32, "q5_1": 24 / 32, "q5_0": 22 / 32, "q4_1": 20 / 32, "q4_0": 18 / 32,
          "iq4_nl": 18 / 32, "f32": 4.0, "float32": 4.0, "int8": 1.0}  # fmt: skip


def bytes_of(kind: str) -> float:
    """Return the bytes that a number of this cache type takes; two for those that are not known."""
    name = kind.lower()
    return 1.0 if name.startswith("fp8") else _TYPES.get(name, _VALUE_BYTES)


def cache_bytes(model: Architecture, tokens: int, kind: str = "auto") -> int | None:
    """Return the bytes of keys and values of `tokens`, or None if the config does not tell.

    Layers that see a window keep no more tokens than that. The type ``auto`` is the model's own.
    """
    if model.layers is None or model.kv_heads is None or model.head_dim is None:
        return None
    number = bytes_of((model.kv_cache or kind) if kind == "auto" else kind)
    each = 2 * model.kv_heads * model.head_dim * number
    windowed, window = (model.windowed or 0, model.window or tokens)
    seen = (model.layers - windowed) * tokens + windowed * min(tokens, window)
    return round(seen * each)


def longest(cost: Callable[[int], int | None], room: int, most: int | None) -> int | None:
    """Return the longest context whose `cost` in bytes is at most `room`, in steps of 256 tokens.

    Returns 0 if not even one step fits, None if the cost is not known, and never more than
    `most`, the context that the model was made for.
    """
    if cost(_STEP) is None:
        return None
    fits, low, high = 0, 1, max(1, (most or 1 << 20) // _STEP)
    while low <= high:
        middle = (low + high) // 2
        if (cost(middle * _STEP) or 0) <= room:
            fits, low = middle, middle + 1
        else:
            high = middle - 1
    return fits * _STEP


def compute_bytes(model: Architecture, tokens: int, *, flash: bool) -> int:
    """Return the bytes of llama.cpp's compute buffer for a context of `tokens`.

    It holds a micro-batch of logits and, without flash attention, of attention scores; both are
    4-byte numbers. Nothing is added for what the header does not tell.
    """
    batch: int = read_data("memory.json")["ubatch"]
    logits = (model.vocabulary or 0) * batch
    scores = 0 if flash else (model.heads or 0) * tokens * batch
    return (logits + scores) * _SCORE_BYTES
