"""Push of images over a registry's own HTTP API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests

from jetfleet.standin.images.image import INDEX, MANIFEST
from jetfleet.standin.images.layer import digest

if TYPE_CHECKING:
    from jetfleet.standin.images.image import Image

_SECONDS = 60


def push(session: requests.Session, registry: str, image: Image) -> None:
    """Push blobs, manifest and index to the registry at URL `registry`; the tag comes last.

    Raises `requests.RequestException` when the registry refuses or does not answer.
    """
    repository = f"{registry}/v2/{image.recipe.repository}"
    for blob in (*(layer.blob for layer in image.layers), image.config):
        _push_blob(session, repository, blob)
    for name, kind, content in (
        (digest(image.manifest), MANIFEST, image.manifest),
        (image.recipe.tag, INDEX, image.index),
    ):
        url, headers = f"{repository}/manifests/{name}", {"Content-Type": kind}
        session.put(url, data=content, headers=headers, timeout=_SECONDS).raise_for_status()


def _push_blob(session: requests.Session, repository: str, blob: bytes) -> None:
    name = digest(blob)
    if session.head(f"{repository}/blobs/{name}", timeout=_SECONDS).ok:
        return
    begun = session.post(f"{repository}/blobs/uploads/", timeout=_SECONDS)
    begun.raise_for_status()
    place = requests.compat.urljoin(begun.url, begun.headers["Location"])
    done = session.put(
        place,
        params={"digest": name},
        data=blob,
        headers={"Content-Type": "application/octet-stream"},
        timeout=_SECONDS,
    )
    done.raise_for_status()
