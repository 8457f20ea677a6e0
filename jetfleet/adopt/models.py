"""Find the source of a model from the folder that its client wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.catalog.known_models import known_prefix
from jetfleet.spec.source import Source

if TYPE_CHECKING:
    from jetfleet.adopt.folders import Folder, StoreModel
    from jetfleet.resources.model import ModelFile

_HF_CACHE = re.compile(r"/models--(?P<org>[^/]+?)--(?P<name>[^/]+)/snapshots/(?P<revision>[^/]+)$")
_MODELSCOPE_CACHE = re.compile(
    r"/modelscope/((hub/)?models/(?P<org>[^/]+?)--(?P<name>[^/]+)/snapshots/(?P<revision>[^/]+)"
    r"|hub/(models/)?(?P<old_org>[^/]+)/(?P<old_name>[^/]+))$"
)
"""Since modelscope 1.38, and before."""
_LOCAL = re.compile(r"/(?P<org>[^/]+)/(?P<name>[^/]+)$")
# `ngc registry model download-version` writes to NAME_vVERSION, without organisation and team.
_NGC = re.compile(r"/(?P<name>[^/]+)_v(?P<version>[^/]+)$")
_COMMIT = re.compile(r"[0-9a-f]{40}")


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
    source = _source(folder)
    if source is None:
        return None
    try:
        parts = Source.parse(source).parts
    except ValueError:
        return None
    revision = parts.get("revision") or parts.get("version") or "master"
    name = _name(parts["name"].rpartition("/")[2])
    return FoundModel(name, source, revision, folder.path, folder.files)


def of_store(model: StoreModel) -> FoundModel:
    """Return a model of an Ollama store."""
    manifest = model.files[-1]
    source = f"ollama:{model.name}"
    return FoundModel(
        _name(model.name.replace(":", "-")), source, manifest.sha256[:12], model.store, model.files
    )


def _source(folder: Folder) -> str | None:
    if cached := _HF_CACHE.search(folder.path):
        return f"hf:{cached['org']}/{cached['name']}@{cached['revision']}"
    if cached := _MODELSCOPE_CACHE.search(folder.path):
        # The client writes three underscores for a dot, which some systems do not allow.
        name = (cached["name"] or cached["old_name"]).replace("___", ".")
        branch = _branch(cached["revision"] or _noted(folder))
        return f"modelscope:{cached['org'] or cached['old_org']}/{name}{branch}"
    local = _LOCAL.search(folder.path)
    # The client no longer leaves a note in a local folder, but only models of this hub have a
    # configuration.json beside their config.json.
    if local and (".mv" in folder.notes or "configuration.json" in (f.path for f in folder.files)):
        return f"modelscope:{local['org']}/{local['name']}{_branch(_noted(folder))}"
    commit = folder.notes.get("config.json.metadata", "")
    if local and _COMMIT.fullmatch(commit):
        return f"hf:{local['org']}/{local['name']}@{commit}"
    if made := _NGC.search(folder.path):
        prefix = known_prefix("ngc", made["name"])
        return f"{prefix}:{made['version']}" if prefix else None
    return None


def _noted(folder: Folder) -> str:
    """Return the revision in the note ``Revision:master,CreatedAt:…`` of older clients."""
    noted = re.match(r"Revision:([^,]+)", folder.notes.get(".mv", ""))
    return noted[1] if noted else "master"


def _branch(revision: str) -> str:
    return "" if revision == "master" else f"@{revision}"


def _name(text: str) -> str:
    """Return a name for the spec, in lower case."""
    return re.sub(r"[^a-z0-9._-]", "-", text.lower()).strip("-.")
