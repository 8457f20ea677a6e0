"""Bytes that depend on a seed alone, for the weights of models."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_CHUNK = 1 << 20


def noise(seed: str, size: int) -> Iterator[bytes]:
    """Yield `size` bytes in pieces."""
    for start in range(0, size, _CHUNK):
        piece = hashlib.shake_128(f"{seed} {start}".encode())
        yield piece.digest(min(_CHUNK, size - start))


@dataclass(frozen=True)
class Opaque:
    """Files of `size` bytes in all that need no true header, such as PyTorch's pickles."""

    seed: str
    size: int
    paths: tuple[str, ...]

    def contents(self) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Yield each file: its path and its content in pieces."""
        for path in self.paths:
            yield path, noise(f"{self.seed} {path}", self.size // len(self.paths))
