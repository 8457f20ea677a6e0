"""Container registries: the digest and size of a tag, by the OCI distribution protocol."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from jetfleet.errors import FleetError
from jetfleet.hubs.answer import expected_form
from jetfleet.hubs.https import HttpError, get, get_json, session
from jetfleet.lock.model import LockedImage
from jetfleet.spec.image_ref import ImageRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from jetfleet.hubs.answer import Answer
    from jetfleet.workstation.workstation import Workstation

_ACCEPT = (
    "application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json"
)
_HOSTS = {"docker.io": "registry-1.docker.io"}


def resolve_image(reference: str, workstation: Workstation) -> LockedImage:
    """Return the digest of an image's index now, and the size of its arm64 layers in bytes.

    Raises
    ------
    FleetError
        The registry does not answer, or has no such image.

    """
    ref = ImageRef.parse(reference)
    registry, repository = ref.registry, ref.repository
    base = workstation.registries.get(registry, f"https://{_HOSTS.get(registry, registry)}")
    http = session(workstation)
    try:
        answer = _get(http, f"{base}/v2/{repository}/manifests/{ref.version}")
        digest = f"sha256:{hashlib.sha256(answer.content).hexdigest()}"
        with expected_form(registry, reference):
            manifest: dict[str, Any] = answer.json()
            if "manifests" in manifest:
                platform = _for_jetson(manifest["manifests"])
                url = f"{base}/v2/{repository}/manifests/{_digest(platform)}"
                manifest = _get(http, url).json()
            size = sum(layer["size"] for layer in manifest["layers"])
            return LockedImage(digest=digest, size=size)
    except HttpError as error:
        if error.status in {401, 403, 404}:
            raise FleetError(
                f"{registry} has no image {repository} with {ref.version}, or it is not public: "
                "check the name"
            ) from error
        raise


def _get(http: requests.Session, url: str) -> Answer:
    try:
        return get(http, url, {"Accept": _ACCEPT})
    except HttpError as error:
        if error.status != _UNAUTHORIZED or "Authorization" in http.headers:
            raise
        http.headers["Authorization"] = f"Bearer {_token(http, url, error.challenge)}"
        return get(http, url, {"Accept": _ACCEPT})


_UNAUTHORIZED = 401


def _token(http: requests.Session, url: str, challenge: str) -> str:
    """Return an anonymous token from the token service that the registry's challenge names."""
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    host = url.split("/")[2]
    if "realm" not in fields:
        raise FleetError(f"{host} requires a login of an unknown kind: use another registry")
    query = "&".join(f"{k}={fields[k]}" for k in ("service", "scope") if k in fields)
    with expected_form(host, "a token"):
        answer = get_json(http, f"{fields['realm']}?{query}", {})
        return _TOKEN.fullmatch(answer.get("token") or answer["access_token"])[0]  # type: ignore[index]


# https://datatracker.ietf.org/doc/html/rfc6750#section-2.1
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def _digest(platform: Mapping[str, Any]) -> str:
    digest = str(platform["digest"])
    if not _DIGEST.fullmatch(digest):
        raise ValueError(f"{digest[:80]!r} is not a digest")
    return digest


def _for_jetson(manifests: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the arm64 image of an index, else the first (those of virtual Jetsons)."""
    arm = [m for m in manifests if m.get("platform", {}).get("architecture") == "arm64"]
    return (arm or manifests)[0]
