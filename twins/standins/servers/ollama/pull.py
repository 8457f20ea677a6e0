"""`/api/pull`: a model of the registry, blob by blob, and its manifest last."""

from __future__ import annotations

import hashlib
import http.client
import json
import ssl
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .store import Name, Store

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_REDIRECTS = (301, 302, 303, 307, 308)
_SECONDS = 30
# Where Go looks, which on Debian is not where Python does.
_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")
_PIECE = 1 << 20


def pull(store: Store, name: Name) -> Iterator[dict[str, object]]:
    """Fetch what is missing, and tell of it as it goes; raises `OSError` with the sentence."""
    yield {"status": "pulling manifest"}
    base = f"https://{name.host}/v2/{name.namespace}/{name.model}"
    try:
        body = _get(f"{base}/manifests/{name.tag}", {"Accept": _MANIFEST}).read()
        manifest = json.loads(body)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise OSError(f"pull model manifest: {error}") from None
    for layer in [*manifest["layers"], manifest["config"]]:
        digest, size = str(layer["digest"]), int(layer["size"])
        status = {"status": f"pulling {digest[7:19]}", "digest": digest, "total": size}
        yield status
        if not store.blob(digest).is_file():
            _blob(store, f"{base}/blobs/{digest}", digest)
        yield {**status, "completed": size}
    yield {"status": "verifying sha256 digest"}
    yield {"status": "writing manifest"}
    path = store.path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    yield {"status": "success"}


def _blob(store: Store, url: str, digest: str) -> None:
    answer = _get(url, {}, redirected=True)
    path = store.blob(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}-partial")
    seen = hashlib.sha256()
    with partial.open("wb") as file:
        while piece := answer.read(_PIECE):
            file.write(piece)
            seen.update(piece)
    if f"sha256:{seen.hexdigest()}" != digest:
        partial.unlink()
        raise OSError(f"digest mismatch, file must be downloaded again: want {digest}, got "
                      f"sha256:{seen.hexdigest()}")  # fmt: skip
    partial.rename(path)


def _get(
    url: str, headers: dict[str, str], *, redirected: bool = False
) -> http.client.HTTPResponse:
    place = urlsplit(url)
    context = ssl.create_default_context()
    if _AUTHORITIES.is_file():
        context.load_verify_locations(_AUTHORITIES)
    connection = http.client.HTTPSConnection(
        place.hostname or "", place.port, timeout=_SECONDS, context=context
    )
    connection.request("GET", f"{place.path}?{place.query}".rstrip("?"), headers=headers)
    answer = connection.getresponse()
    if answer.status in _REDIRECTS:
        return _get(answer.headers["Location"], {})
    if answer.status != http.HTTPStatus.OK:
        raise OSError("file does not exist" if answer.status == http.HTTPStatus.NOT_FOUND
                      else f"{answer.status}: {answer.reason}")  # fmt: skip
    if redirected:
        # The real one takes a blob only from the place that it was sent to.
        raise OSError("http: no Location header in response")
    return answer
