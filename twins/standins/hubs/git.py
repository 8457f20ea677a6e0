"""The ids that git gives a model's files, for the hubs that keep models in git."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twins.standins.hubs.content.models import File, Model

_LARGE = (".safetensors", ".gguf", ".bin", ".pt", ".onnx")


def commit(model: Model) -> str:
    """Return the one commit of a model."""
    listing = "".join(f"{file.sha256} {file.path}\n" for file in model.files)
    return hashlib.sha1(listing.encode(), usedforsecurity=False).hexdigest()


def large(file: File) -> bool:
    """Tell whether git keeps only a pointer to it."""
    return file.path.endswith(_LARGE)


def git_id(content: bytes) -> str:
    """Return the id that git has for a blob."""
    blob = b"blob %d\0" % len(content) + content
    return hashlib.sha1(blob, usedforsecurity=False).hexdigest()
