"""Ollama's registry: manifests by tag, and blobs that are in the store."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from twins.standins.hubs.exchange import Reply, json_reply
from twins.standins.hubs.ollama.place import PLACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twins.standins.hubs.accepted import Keys
    from twins.standins.hubs.content.models import File, Model
    from twins.standins.hubs.exchange import Request
    from twins.standins.hubs.store import Store

_ROUTE = re.compile(r"/v2/(?P<name>[^/]+/[^/]+)/(?P<kind>manifests|blobs)/(?P<which>[^/]+)")
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_LAYERS = {
    "model": "application/vnd.ollama.image.model",
    "template": "application/vnd.ollama.image.template",
    "license": "application/vnd.ollama.image.license",
    "params": "application/vnd.ollama.image.params",
}
_CONFIG = {"config": "application/vnd.docker.container.image.v1+json"}


class Ollama:
    """`registry.ollama.ai`; a model's files are named by what they are in its manifest."""

    hosts = PLACE.hosts

    def __init__(self, models: Sequence[Model], store: Store) -> None:
        self._models = {(_repository(m), m.definition.version): m for m in models}
        self._blobs = {
            (_repository(model), f"sha256:{file.sha256}"): file
            for model in models
            for file in model.files
        }
        self._store = store

    def answer(self, request: Request) -> Reply | None:
        """Answer a request; return `None` for a path of another hub."""
        found = _ROUTE.fullmatch(request.path)
        if not found:
            return None
        if found["kind"] == "manifests":
            model = self._models.get((found["name"], found["which"]))
            if model is None:
                return _refusal("MANIFEST_UNKNOWN")
            return Reply(200, manifest(model), (("Content-Type", _MANIFEST),))
        file = self._blobs.get((found["name"], found["which"]))
        if file is None:
            return _refusal("BLOB_UNKNOWN")
        if request.method == "HEAD":
            return Reply(200, file=file.source)
        place = f"{file.sha256[:2]}/{file.sha256}/data"
        return Reply(307, headers=(("Location", self._store.url(place, file.source)),))


def manifest(model: Model) -> bytes:
    """Return a model's manifest, without a space in it, as the registry has it."""
    files = {file.path: file for file in model.files}
    content = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": _layer(_CONFIG["config"], files["config"]),
        "layers": [_layer(kind, files[name]) for name, kind in _LAYERS.items() if name in files],
    }
    return json.dumps(content, separators=(",", ":")).encode()


def _layer(kind: str, file: File) -> dict[str, Any]:
    return {"mediaType": kind, "digest": f"sha256:{file.sha256}", "size": file.size}


def _repository(model: Model) -> str:
    name = model.definition.name
    return name if "/" in name else f"library/{name}"


def _refusal(code: str) -> Reply:
    return json_reply(404, {"errors": [{"code": code, "message": "not known"}]})


def site(models: Sequence[Model], _keys: Keys, store: Store) -> Ollama:
    """Return the hub with these models."""
    return Ollama(models, store)
