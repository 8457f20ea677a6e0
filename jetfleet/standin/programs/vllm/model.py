"""A model folder: its configuration, and weights that are all there."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
    def text_config(self) -> dict[str, Any]:
        """The language model's part of the configuration."""
        inner = self.config.get("text_config", self.config)
        return inner if isinstance(inner, dict) else self.config

    @property
    def context(self) -> int:
        """The longest context that the model was made for, in tokens."""
        return int(self.text_config["max_position_embeddings"])

    @property
    def weight_bytes(self) -> int:
        """Size of all the tensors."""
        return sum(shard.data for shard in self.shards)

    def kv_bytes_per_token(self, element: int) -> int:
        """Key and value cache of one token over all layers, with `element` bytes a number."""
        text = self.text_config
        heads = int(text["num_attention_heads"])
        head = int(text.get("head_dim") or text["hidden_size"] // heads)
        pairs = int(text["num_hidden_layers"]) * int(text.get("num_key_value_heads") or heads)
        return 2 * pairs * head * element


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
    # The real text is only "Error while deserializing header: MetadataIncompleteBuffer"; the path
    # is added, since the real traceback shows it too.
    return OSError(f"Error while deserializing header: {why}: {path}")
