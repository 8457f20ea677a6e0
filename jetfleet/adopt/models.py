"""Where a model in a hand-made folder came from, as far as the folder shows it."""

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
# `ngc registry model download-version` makes NAME_vVERSION; organisation and team are not in it.
_NGC = re.compile(r"/(?P<name>[^/]+)_v(?P<version>[^/]+)$")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class FoundModel:
    """A model whose source is known.

    Parameters
    ----------
    name:
        For the spec.
    source, revision:
        As a spec and a lock have them.
    folder, files:
        Where it lies, and what is there.

    """

    name: str
    source: str
    revision: str
    folder: str
    files: tuple[ModelFile, ...]


def identify(folder: Folder) -> FoundModel | None:
    """Return the model that a folder holds, by the layout of the client that made it."""
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
        # The client wrote three underscores for a dot, which some systems do not take.
        name = (cached["name"] or cached["old_name"]).replace("___", ".")
        branch = _branch(cached["revision"] or _noted(folder))
        return f"modelscope:{cached['org'] or cached['old_org']}/{name}{branch}"
    local = _LOCAL.search(folder.path)
    # Into a folder of one's own the client leaves no note any more; but every model of this hub,
    # and of no other, has a configuration.json beside its config.json.
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
    """Return the revision of the note ``Revision:master,CreatedAt:…`` of older clients."""
    noted = re.match(r"Revision:([^,]+)", folder.notes.get(".mv", ""))
    return noted[1] if noted else "master"


def _branch(revision: str) -> str:
    return "" if revision == "master" else f"@{revision}"


def _name(text: str) -> str:
    """Return a name for the spec: small letters, as people write names."""
    return re.sub(r"[^a-z0-9._-]", "-", text.lower()).strip("-.")
