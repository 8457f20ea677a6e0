"""Ollama's registry: a model is a manifest and its blobs, laid out as Ollama's own store.

https://github.com/ollama/ollama/blob/main/server/images.go; blobs are named by their sha256, and
a request for one is redirected to another host.
"""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from jetfleet.hubs.base import Listed
from jetfleet.hubs.https import HttpError, get
from jetfleet.hubs.ollama.spec import HOST
from jetfleet.hubs.online import Online
from jetfleet.steps import Links

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.lock.model import LockedModel
    from jetfleet.spec.model import ModelSpec
    from jetfleet.workstation.workstation import Workstation


class Ollama(Online):
    """A tag of a registry, written ``ollama:[[HOST/]NAMESPACE/]MODEL[:TAG]``."""

    title = "The Ollama registry"
    address = f"https://{HOST}"

    def __init__(self, model: ModelSpec, workstation: Workstation) -> None:
        super().__init__(model, workstation)
        host = self.part.get("host", HOST)
        if host != HOST:
            self.base = workstation.endpoint(host, f"https://{host}")
        self._repository = f"{self.part.get('namespace', 'library')}/{self.part['name']}"
        self._tag = self.part.get("tag", "latest")
        self._manifest = f"manifests/{host}/{self._repository}/{self._tag}"

    def listing(self) -> LockedModel:
        answer = self.get(f"{self.base}/v2/{self._repository}/manifests/{self._tag}")
        digest = hashlib.sha256(answer.content).hexdigest()
        with self.reading():
            manifest = answer.json()
            blobs = {f.path: f for f in map(_blob, (manifest["config"], *manifest["layers"]))}
            text = answer.content.decode()
        # A tag may move to another manifest; blobs stay available by their digests.
        tagged = Listed(self._manifest, len(answer.content), digest, text=text)
        return self.locked(digest[:12], self.chosen([*blobs.values(), tagged]))

    def links(self, locked: LockedModel, paths: Sequence[str]) -> Links:
        texts = {file.path: file.text for file in locked.files if file.text is not None}
        urls = {
            path: (f"{self.base}/v2/{self._repository}/{path.replace('sha256-', 'sha256:')}",)
            for path in paths
            if path not in texts
        }
        for path, addresses in urls.items():
            self._check_blob(path, *addresses)
        return Links(urls, {path: texts[path].encode() for path in paths if path in texts})

    def headers(self) -> Mapping[str, str]:
        return {"Accept": "application/vnd.docker.distribution.manifest.v2+json"}

    def remedy(self, error: HttpError) -> str | None:
        if error.status not in {401, 403, 404, 410}:
            return None
        return (
            f"{self.base.partition('://')[2]} has no model {self._repository} with the tag "
            f"{self._tag}: look for it at https://ollama.com/search"
        )

    def _check_blob(self, path: str, url: str) -> None:
        with self.remedied():
            try:
                get(self.http, url, self.headers(), method="HEAD")
            except HttpError as error:
                if error.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
                    raise self.changed(path) from error
                raise


def _blob(layer: Mapping[str, Any]) -> Listed:
    kind, _, digest = layer["digest"].partition(":")
    if kind != "sha256":
        raise ValueError(layer["digest"])
    return Listed(f"blobs/sha256-{digest}", layer["size"], digest)


HUB = Ollama
