"""GGUF files with true headers: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twins.standins.hubs.content.noise import noise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_ALIGNMENT = 32
_COLUMNS = 256

# The name of a quantization: its `general.file_type`; type, elements and bytes of a block of most
# of its tensors.
_QUANTIZATIONS = {
    "F16": (1, 1, 1, 2),
    "Q2_K": (10, 10, 256, 84),
    "Q5_0": (8, 6, 32, 22),
    "Q8_0": (7, 8, 32, 34),
    "Q4_K_M": (15, 12, 256, 144),
    "Q5_K_M": (17, 13, 256, 176),
    "Q6_K": (18, 14, 256, 210),
}
_ARCHITECTURES = {"qwen3_moe": "qwen3moe", "gemma3_text": "gemma3"}

# What the header says by the name that `config.json` has for it.
_KEYS = {
    "num_hidden_layers": "block_count",
    "max_position_embeddings": "context_length",
    "hidden_size": "embedding_length",
    "intermediate_size": "feed_forward_length",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "head_dim": "attention.key_length",
    "num_experts": "expert_count",
    "num_experts_per_tok": "expert_used_count",
    "rope_theta": "rope.freq_base",
    "rms_norm_eps": "attention.layer_norm_rms_epsilon",
}


@dataclass(frozen=True)
class Gguf:
    """A model in files of several quantizations, `size` bytes of tensors in all.

    `files` maps paths to quantizations; `config` is the model's `config.json` as items.
    """

    seed: str
    size: int
    files: tuple[tuple[str, str], ...]
    config: tuple[tuple[str, Any], ...]

    def contents(self) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Yield each file: its path and its content in pieces."""
        for path, quantization in self.files:
            yield path, self._file(path, quantization)

    def _file(self, path: str, quantization: str) -> Iterator[bytes]:
        file_type, kind, elements, block = _QUANTIZATIONS[quantization]
        config = dict(self.config)
        names = [f"blk.{n}.ffn_down.weight" for n in range(config["num_hidden_layers"])]
        row = _COLUMNS // elements * block
        rows = max(self.size // len(self.files) // len(names) // row, 1)
        size = rows * row + -rows * row % _ALIGNMENT
        header = _header(config, file_type, len(names))
        for number, name in enumerate(names):
            header += _string(name) + struct.pack("<IQQIQ", 2, _COLUMNS, rows, kind, number * size)
        yield header + bytes(-len(header) % _ALIGNMENT)
        yield from noise(f"{self.seed} {path}", size * len(names))


def _header(config: Mapping[str, Any], file_type: int, tensors: int) -> bytes:
    architecture = _ARCHITECTURES.get(config["model_type"], config["model_type"])
    said: dict[str, str | int | float] = {
        "general.architecture": architecture,
        "general.file_type": file_type,
        "tokenizer.ggml.model": "gpt2",
    }
    said |= {f"{architecture}.{key}": config[name] for name, key in _KEYS.items() if name in config}
    start = b"GGUF" + struct.pack("<IQQ", 3, tensors, len(said))
    return start + b"".join(_string(key) + _value(value) for key, value in said.items())


def _value(value: str | float) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", 8) + _string(value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    return struct.pack("<II", 4, value)


def _string(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()
