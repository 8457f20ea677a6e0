"""Weights with true safetensors headers and bytes that depend on nothing but the model's name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twins.standins.hubs.content.noise import noise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_COLUMNS = 256
_ELEMENT = {"F8_E4M3": 1, "U8": 1, "BF16": 2, "F16": 2, "F32": 4, "I32": 4}


@dataclass(frozen=True)
class Weights:
    """What to make: `size` bytes of tensor data in all (rounded down to whole rows)."""

    seed: str
    size: int
    shards: int
    tensors: int
    dtype: str

    def contents(self) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Yield each file: its path and its content in pieces."""
        for number, name in enumerate(self.shard_names()):
            yield name, self.shard(number)
        if self.shards > 1:
            yield "model.safetensors.index.json", (json.dumps(self.index(), indent=2).encode(),)

    def shard_names(self) -> tuple[str, ...]:
        """Return the file names, as Hugging Face's `transformers` writes them."""
        if self.shards == 1:
            return ("model.safetensors",)
        return tuple(
            f"model-{number:05d}-of-{self.shards:05d}.safetensors"
            for number in range(1, self.shards + 1)
        )

    def shard(self, number: int) -> Iterator[bytes]:
        """Yield the content of shard `number` (from 0) in pieces."""
        size = self._tensor_size()
        tensors: dict[str, Any] = {"__metadata__": {"format": "pt"}}
        for place, name in enumerate(self._names(number)):
            tensors[name] = {
                "dtype": self.dtype,
                "shape": [size // _COLUMNS // _ELEMENT[self.dtype], _COLUMNS],
                "data_offsets": [place * size, (place + 1) * size],
            }
        header = json.dumps(tensors, separators=(",", ":")).encode()
        header += b" " * (-len(header) % 8)  # the data begins at a multiple of eight
        yield len(header).to_bytes(8, "little") + header
        yield from noise(f"{self.seed} {number}", size * len(self._names(number)))

    def index(self) -> dict[str, Any]:
        """Return the content of `model.safetensors.index.json`."""
        files = self.shard_names()
        return {
            "metadata": {"total_size": self._tensor_size() * self.tensors},
            "weight_map": {
                name: file for number, file in enumerate(files) for name in self._names(number)
            },
        }

    def _tensor_size(self) -> int:
        row = _COLUMNS * _ELEMENT[self.dtype]
        return max(self.size // self.tensors // row, 1) * row

    def _names(self, number: int) -> tuple[str, ...]:
        return tuple(
            f"model.language_model.layers.{place}.mlp.gate_up_proj.weight"
            for place in range(self.tensors)
            if place * self.shards // self.tensors == number
        )
