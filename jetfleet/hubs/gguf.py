"""The architecture of a model from the header of a GGUF file.

https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import struct
from typing import Any

from jetfleet.catalog.architecture import Architecture

_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q",
            12: "d"}  # fmt: skip
_TEXT, _ARRAY, _LONG = 8, 9, 4096
_FILE_TYPES = {
    0: "f32", 1: "f16", 2: "q4_0", 3: "q4_1", 7: "q8_0", 8: "q5_0", 9: "q5_1", 10: "q2_k",
    11: "q3_k_s", 12: "q3_k_m", 13: "q3_k_l", 14: "q4_k_s", 15: "q4_k_m", 16: "q5_k_s",
    17: "q5_k_m", 18: "q6_k", 32: "bf16",
}  # fmt: skip


def architecture_of(head: bytes) -> Architecture | None:
    """Return the architecture in the beginning of a GGUF file; None for another file."""
    said = _said(head)
    name = said.get("general.architecture")
    if not isinstance(name, str):
        return None

    def number(key: str) -> int | None:
        value = said.get(f"{name}.{key}")
        if isinstance(value, list):  # one for each layer
            value = max(value, default=None)
        return value if isinstance(value, int) and value > 0 else None

    heads, width = number("attention.head_count"), number("embedding_length")
    layers, window = number("block_count"), number("attention.sliding_window")
    latent = number("attention.kv_lora_rank") is not None
    stored = _FILE_TYPES.get(said.get("general.file_type", -1), "")
    return Architecture(
        names=(name,),
        layers=None if latent else layers,
        # Which of the layers have the window is not in the header: Gemma 3 has it in five of six,
        # https://arxiv.org/abs/2503.19786.
        windowed=layers - layers // 6 if layers and window and name == "gemma3" else None,
        window=window if name == "gemma3" else None,
        kv_heads=number("attention.head_count_kv") or heads,
        head_dim=number("attention.key_length") or (width // heads if width and heads else None),
        heads=heads,
        vocabulary=number("vocab_size") or said.get("tokens"),
        context=number("context_length"),
        quantisation=f"gguf-{stored}" if stored else "gguf",
    )


def _said(head: bytes) -> dict[str, Any]:
    """Return the keys that are complete in the beginning of a file, and the number of tokens."""
    said: dict[str, Any] = {}
    if head[:4] != b"GGUF":
        return said
    try:
        (count,) = struct.unpack_from("<Q", head, 16)
        at = 24
        for _ in range(count):
            key, at = _string(head, at)
            (kind,) = struct.unpack_from("<I", head, at)
            at += 4
            if key == "tokenizer.ggml.tokens":
                (said["tokens"],) = struct.unpack_from("<Q", head, at + 4)
            said[key], at = _value(head, at, kind)
    except (struct.error, KeyError, UnicodeDecodeError, EOFError):
        pass  # the head ends within a value: keep what was read before
    return said


def _value(head: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind == _TEXT:
        return _string(head, at)
    if kind != _ARRAY:
        form = f"<{_NUMBERS[kind]}"
        return struct.unpack_from(form, head, at)[0], at + struct.calcsize(form)
    of, length = struct.unpack_from("<IQ", head, at)
    at += 12
    if length > _LONG:
        raise EOFError
    items = []
    for _ in range(length):
        item, at = _value(head, at, of)
        items.append(item)
    return items, at


def _string(head: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<Q", head, at)
    end = at + 8 + length
    if end > len(head):
        raise EOFError
    return head[at + 8 : end].decode(), end
