"""Container registries: the digest and size of a tag, by the OCI distribution protocol."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from jetfleet.errors import FleetError
from jetfleet.hubs.https import SECONDS, HttpError, get, get_json, session
from jetfleet.lock.model import LockedImage
from jetfleet.spec.image_ref import ImageRef

if TYPE_CHECKING:
    import requests

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
        manifest: dict[str, Any] = answer.json()
        if "manifests" in manifest:
            platform = _for_jetson(manifest["manifests"])
            url = f"{base}/v2/{repository}/manifests/{platform['digest']}"
            manifest = _get(http, url).json()
    except HttpError as error:
        if error.status in {401, 403, 404}:
            raise FleetError(
                f"{registry} has no image {repository} with {ref.version}, or it is not public: "
                "check the name"
            ) from error
        raise
    return LockedImage(digest=digest, size=sum(layer["size"] for layer in manifest["layers"]))


def _get(http: requests.Session, url: str) -> requests.Response:
    try:
        return get(http, url, {"Accept": _ACCEPT})
    except HttpError as error:
        if error.status != _UNAUTHORIZED or "Authorization" in http.headers:
            raise
        http.headers["Authorization"] = f"Bearer {_token(http, url)}"
        return get(http, url, {"Accept": _ACCEPT})


_UNAUTHORIZED = 401


def _token(http: requests.Session, url: str) -> str:
    """Return an anonymous token from the token service that the registry's challenge names."""
    challenge = http.get(url, timeout=SECONDS, verify=http.verify).headers.get(
        "WWW-Authenticate", ""
    )
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    if "realm" not in fields:
        raise FleetError(
            f"{url.split('/')[2]} requires a login of an unknown kind: use another registry"
        )
    query = "&".join(f"{k}={fields[k]}" for k in ("service", "scope") if k in fields)
    answer = get_json(http, f"{fields['realm']}?{query}", {})
    return str(answer.get("token") or answer.get("access_token"))


def _for_jetson(manifests: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the arm64 image of an index, else the first (those of virtual Jetsons)."""
    arm = [m for m in manifests if m.get("platform", {}).get("architecture") == "arm64"]
    return (arm or manifests)[0]
