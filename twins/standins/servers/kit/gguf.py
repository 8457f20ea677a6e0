"""The header of a GGUF file: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md."""

from __future__ import annotations

import hashlib
import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import shape as shapes

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from .shape import Shape

_MAGIC, _VERSION = b"GGUF", 3
_ALIGNMENT = 32
# A tensor's type: elements and bytes of a block.
_BLOCKS = {
    1: (1, 2),
    6: (32, 22),
    8: (32, 34),
    10: (256, 84),
    12: (256, 144),
    13: (256, 176),
    14: (256, 210),
}
_STRING, _NUMBERS = 8, {4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
# `general.file_type`: its name, and the bits a weight takes with its scales.
_TYPES = {
    1: ("F16", 16.0),
    8: ("Q5_0", 5.5),
    7: ("Q8_0", 8.5),
    10: ("Q2_K", 3.0),
    15: ("Q4_K_M", 4.85),
    17: ("Q5_K_M", 5.7),
    18: ("Q6_K", 6.6),
}


@dataclass(frozen=True)
class Gguf:
    """A file whose header was read; `weights` is the sha256 of all of it."""

    said: dict[str, Any]
    tensors: int
    weights: bytes

    @property
    def architecture(self) -> str:
        """As `general.architecture` has it: `qwen3`."""
        return str(self.said["general.architecture"])

    @property
    def quantization(self) -> str:
        """The name of its file type: `Q4_K_M`."""
        return self._type[0]

    @property
    def shape(self) -> Shape:
        """Its dimensions."""
        return shapes.of_gguf(self.said)

    @property
    def bytes(self) -> int:
        """What its weights would take, in bytes."""
        shape = self.shape
        return int((shape.inside + shape.outside) * self._type[1] / 8)

    @property
    def _type(self) -> tuple[str, float]:
        return _TYPES.get(int(self.said.get("general.file_type", 1)), ("unknown", 16.0))


def read(path: Path) -> Gguf:
    """Read a file; raises `ValueError` that says what is wrong with it, as llama.cpp does."""
    with path.open("rb") as file:
        magic = file.read(4)
        if magic != _MAGIC:
            shown = magic.decode("latin-1")
            raise ValueError(f"gguf_init_from_file_impl: invalid magic characters: '{shown}'")
        try:
            said, tensors, last, end = _header(file)
        except (struct.error, UnicodeDecodeError, MemoryError, KeyError):
            raise ValueError("gguf_init_from_file_impl: failed to read the header") from None
        if end > path.stat().st_size:
            raise ValueError(
                f"tensor '{last}' data is not within the file bounds, model is corrupted or "
                "incomplete"
            )
        file.seek(0)
        seen = hashlib.sha256()
        while piece := file.read(1 << 20):
            seen.update(piece)
    return Gguf(said, tensors, seen.digest())


def _header(file: BinaryIO) -> tuple[dict[str, Any], int, str, int]:
    version, tensors, count = _unpack(file, "<IQQ")
    if version != _VERSION:
        raise ValueError(f"gguf_init_from_file_impl: unsupported version {version}")
    said = {}
    for _ in range(count):
        key = _string(file)
        (kind,) = _unpack(file, "<I")
        said[key] = _string(file) if kind == _STRING else _unpack(file, _NUMBERS[kind])[0]
    name, size = "", 0
    for _ in range(tensors):
        name = _string(file)
        (dimensions,) = _unpack(file, "<I")
        elements = math.prod(_unpack(file, f"<{dimensions}Q"))
        kind, offset = _unpack(file, "<IQ")
        block, taken = _BLOCKS[kind]
        size = offset + elements // block * taken
    start = file.tell() + -file.tell() % _ALIGNMENT
    return said, tensors, name, start + size


def _string(file: BinaryIO) -> str:
    (length,) = _unpack(file, "<Q")
    if length > 1 << 20:
        raise MemoryError(length)
    return file.read(length).decode()


def _unpack(file: BinaryIO, form: str) -> tuple[Any, ...]:
    return struct.unpack(form, file.read(struct.calcsize(form)))
