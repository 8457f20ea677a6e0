"""Read the architecture of a model from its hub, without downloading its weights."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from jetfleet.hubs import config, gguf
from jetfleet.hubs.answer import expected_form
from jetfleet.text import UnreadableJson, read_object

if TYPE_CHECKING:
    from jetfleet.catalog.architecture import Architecture
    from jetfleet.hubs.base import Hub
    from jetfleet.lock.model import LockedFile, LockedModel

_CONFIG_BYTES = 1 << 20
# The keys before the vocabulary and the number of its tokens take a few thousand bytes.
_HEADER_BYTES = 1 << 18


def described(hub: Hub, locked: LockedModel) -> LockedModel:
    """Return a locked model with its architecture, or without one if it cannot be read.

    The architecture is only used for estimates, so a hub that does not give it is no error.
    """
    found: Architecture | None = None
    file = _source(locked)
    if file is not None:
        try:
            with expected_form(hub.title, file.path):
                found = _read(hub, locked, file)
        except (FleetError, RecursionError):
            found = None
    return locked.model_copy(update={"architecture": found})


def _read(hub: Hub, locked: LockedModel, file: LockedFile) -> Architecture | None:
    if PurePosixPath(file.path).name != "config.json":
        return gguf.architecture_of(hub.head(locked, file.path, _HEADER_BYTES))
    content = hub.head(locked, file.path, file.size)
    if hashlib.sha256(content).hexdigest() != file.sha256:
        return None
    try:
        return config.architecture_of(read_object(content))
    except UnreadableJson:
        return None


def _source(locked: LockedModel) -> LockedFile | None:
    """Return the file with the architecture: config.json, a GGUF file, or Ollama's weights."""
    files = {file.path: file for file in locked.files}
    first = files.get("config.json")
    if first is not None and first.size <= _CONFIG_BYTES:
        return first
    weights = sorted(path for path in files if path.endswith(".gguf"))
    if weights:
        return files[weights[0]]
    manifest = next((file.text for file in locked.files if file.text), None)
    return files.get(_ollama_weights(manifest)) if manifest else None


def _ollama_weights(manifest: str) -> str:
    """Return the path of the blob with the weights in an Ollama manifest, or "" without one."""
    try:
        layers = read_object(manifest)["layers"]
        digest = next(
            str(layer["digest"])
            for layer in layers
            if re.search(r"ollama\.image\.model$", str(layer.get("mediaType", "")))
        )
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        return ""
    return f"blobs/{digest.replace(':', '-')}"
