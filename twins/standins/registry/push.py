"""Push of images over a registry's own HTTP API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from twins.standins.registry.image import INDEX, MANIFEST
from twins.standins.registry.layer import digest

if TYPE_CHECKING:
    from twins.standins.registry.image import Image

_SECONDS = 60


def push(session: requests.Session, registry: str, image: Image, known: dict[str, str]) -> None:
    """Push blobs, manifest and index to the registry at URL `registry`; the tag comes last.

    `known`: the repository that already has a blob, by digest; it is extended. Raises
    `requests.RequestException` when the registry refuses or does not answer.
    """
    name = image.recipe.repository
    repository = f"{registry}/v2/{name}"
    for blob in (*(layer.blob for layer in image.layers), image.config):
        _push_blob(session, repository, blob, known.get(digest(blob)))
        known.setdefault(digest(blob), name)
    for reference, kind, content in (
        (digest(image.manifest), MANIFEST, image.manifest),
        (image.recipe.tag, INDEX, image.index),
    ):
        url, headers = f"{repository}/manifests/{reference}", {"Content-Type": kind}
        session.put(url, data=content, headers=headers, timeout=_SECONDS).raise_for_status()


def _push_blob(session: requests.Session, repository: str, blob: bytes, has_it: str | None) -> None:
    name = digest(blob)
    if session.head(f"{repository}/blobs/{name}", timeout=_SECONDS).ok:
        return
    # https://distribution.github.io/distribution/spec/api/#cross-repository-blob-mount
    mount = {"mount": name, "from": has_it} if has_it else {}
    begun = session.post(f"{repository}/blobs/uploads/", params=mount, timeout=_SECONDS)
    begun.raise_for_status()
    if begun.status_code == requests.codes.created:
        return
    place = requests.compat.urljoin(begun.url, begun.headers["Location"])
    done = session.put(
        place,
        params={"digest": name},
        data=blob,
        headers={"Content-Type": "application/octet-stream"},
        timeout=_SECONDS,
    )
    done.raise_for_status()
