"""Find the source of a model from the folder that its client wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.hubs.download import Download, downloads
from jetfleet.hubs.ollama.spec import source_of_name
from jetfleet.spec.source import Source

if TYPE_CHECKING:
    from jetfleet.adopt.folders import Folder, StoreModel
    from jetfleet.resources.model import ModelFile


@dataclass(frozen=True)
class FoundModel:
    """A model on the board with its source.

    Parameters
    ----------
    name:
        The name in the spec.
    source, revision:
        As in a spec and in a lock.
    folder, files:
        Its path on the board, and its files.

    """

    name: str
    source: str
    revision: str
    folder: str
    files: tuple[ModelFile, ...]


def identify(folder: Folder) -> FoundModel | None:
    """Return the model in a folder, found by the layout of the client that wrote it."""
    found = Download(folder.path, frozenset(f.path for f in folder.files), folder.notes)
    origins = (one.origin_of(found) for one in downloads())
    origin = next((one for one in origins if one), None)
    if origin is None:
        return None
    try:
        parts = Source.parse(origin.source).parts
    except ValueError:
        return None
    name = _name(parts["name"].rpartition("/")[2])
    return FoundModel(name, origin.source, origin.revision, folder.path, folder.files)


def of_store(model: StoreModel) -> FoundModel:
    """Return a model of an Ollama store."""
    manifest = model.files[-1]
    source = source_of_name(model.name)
    return FoundModel(
        _name(model.name.replace(":", "-")), source, manifest.sha256[:12], model.store, model.files
    )


def _name(text: str) -> str:
    """Return a name for the spec, in lower case."""
    return re.sub(r"[^a-z0-9._-]", "-", text.lower()).strip("-.")
