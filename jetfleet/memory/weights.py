"""Which files of a locked model are loaded into memory."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jetfleet.lock.model import LockedFile, LockedModel

_SHARD = re.compile(r"-\d{5}-of-\d{5}(?=\.gguf$)")
_OTHERS = (".bin", ".pt", ".pth", ".onnx", ".plan", ".engine", ".npz")


def weight_bytes(model: LockedModel) -> int:
    """Return the bytes of a locked model's weights.

    Of an Ollama model these are its blobs; of several formats the first that servers take
    (safetensors); of several GGUF files the smallest, with all its shards.
    """
    if any(file.text is not None for file in model.files):
        return sum(file.size for file in model.files if file.text is None)
    by_kind: dict[str, list[LockedFile]] = {}
    for file in model.files:
        by_kind.setdefault(PurePosixPath(file.path).suffix, []).append(file)
    if ".safetensors" in by_kind:
        return _safetensors(by_kind[".safetensors"])
    if ".gguf" in by_kind:
        return _gguf(by_kind[".gguf"])
    return sum(file.size for kind in _OTHERS for file in by_kind.get(kind, ()))


def _safetensors(files: list[LockedFile]) -> int:
    """Leave out the copy that some publishers keep beside the files of the index."""
    indexed = [file for file in files if not PurePosixPath(file.path).name.startswith("consol")]
    return sum(file.size for file in indexed or files)


def _gguf(files: list[LockedFile]) -> int:
    sizes: dict[str, int] = {}
    for file in files:
        name = _SHARD.sub("", file.path)
        sizes[name] = sizes.get(name, 0) + file.size
    models = [size for name, size in sizes.items() if "mmproj" not in name]
    return min(models or sizes.values())
