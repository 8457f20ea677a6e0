"""A model folder: its configuration, and a check that all weights exist."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import shape as shapes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .shape import Shape

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Shard:
    """One safetensors file; the sizes are in bytes, the header's length field included."""

    path: Path
    header: int
    data: int


@dataclass(frozen=True)
class Model:
    """A model folder whose configuration was read; its weights are read by `digest`."""

    folder: Path
    config: dict[str, Any]
    shards: tuple[Shard, ...]

    @property
    def shape(self) -> Shape:
        """Its dimensions."""
        return shapes.of_config(self.config)

    @property
    def context(self) -> int:
        """The longest context that the model was made for, in tokens."""
        return self.shape.context

    @property
    def quantization(self) -> str:
        """The format of its weights, such as `fp8` or `bf16`."""
        return shapes.quantization(self.config)

    @property
    def bytes(self) -> int:
        """What its weights would take, in bytes: those of the vocabulary in 16 bits."""
        shape = self.shape
        return int(shape.inside * shapes.BYTES[self.quantization] + shape.outside * 2)

    @property
    def vision(self) -> bool:
        """Whether it takes pictures."""
        return "vision_config" in self.config

    @property
    def pixels_per_token(self) -> int:
        """How much of a picture one token stands for."""
        inside = self.config.get("vision_config") or {}
        side = int(inside.get("patch_size", 14)) * int(inside.get("spatial_merge_size", 2))
        return side * side


def open_model(name: str, folder: Path) -> Model:
    """Read the configuration and every header; `name` is how the user wrote the folder.

    Raises `ValueError` or `OSError` that names what is missing or incomplete.
    """
    if not (folder / "config.json").is_file():
        raise ValueError(
            "1 validation error for ModelConfig\n  Value error, Invalid repository ID or local "
            f"directory specified: '{name}'.\nPlease verify the following requirements:\n"
            "1. Provide a valid Hugging Face repository ID.\n"
            "2. Specify a local directory that contains a recognized configuration file.\n"
            "   - For Hugging Face models: ensure the presence of a 'config.json'."
        )
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    tokenizer = folder / "tokenizer.json"
    if not tokenizer.is_file():
        raise OSError(
            f"Can't load tokenizer for '{name}'. Make sure that '{name}' is the correct path to a "
            "directory containing all relevant files for a tokenizer (tokenizer.json is missing)."
        )
    json.loads(tokenizer.read_text(encoding="utf-8"))
    paths = tuple(_weight_files(name, folder))
    return Model(folder, config, tuple(map(_shard, paths)))


def read(model: Model) -> bytes:
    """Read every tensor byte of a model and return the sha256 over its shards'."""
    whole = hashlib.sha256()
    for shard in model.shards:
        whole.update(digest(shard))
    return whole.digest()


def digest(shard: Shard) -> bytes:
    """Read every tensor byte of a shard and return its sha256."""
    seen = hashlib.sha256()
    with shard.path.open("rb") as file:
        file.seek(shard.header)
        while chunk := file.read(_CHUNK):
            seen.update(chunk)
    return seen.digest()


def _weight_files(name: str, folder: Path) -> Iterator[Path]:
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        listed = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        found = [folder / file for file in sorted(listed)]
    else:
        found = sorted(folder.glob("*.safetensors"))
    if not found:
        raise RuntimeError(f"Cannot find any model weights with `{name}`")
    for path in found:
        if not path.is_file():
            raise FileNotFoundError(f"No such file or directory: {str(path)!r}")
        yield path


def _shard(path: Path) -> Shard:
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        head = file.read(length) if 8 + length <= size else b""
    try:
        tensors = json.loads(head)
    except ValueError:
        raise _broken(path, "HeaderTooLarge" if not head else "InvalidHeaderDeserialization") from (
            None
        )
    ends = [int(t["data_offsets"][1]) for key, t in tensors.items() if key != "__metadata__"]
    data = max(ends, default=0)
    if 8 + length + data != size:
        raise _broken(path, "MetadataIncompleteBuffer")
    return Shard(path, 8 + length, data)


def _broken(path: Path, why: str) -> OSError:
    # The real text: "Error while deserializing header: MetadataIncompleteBuffer"; the path
    # is added, since the real traceback shows it too.
    return OSError(f"Error while deserializing header: {why}: {path}")
