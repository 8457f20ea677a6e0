"""Container registries: what a tag is for a Jetson, by the OCI distribution protocol."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.errors import FleetError
from jetfleet.hubs.answer import expected_form
from jetfleet.hubs.https import HttpError
from jetfleet.hubs.registry_access import Access
from jetfleet.lock.model import LockedImage
from jetfleet.spec.image_ref import ImageRef
from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from jetfleet.hubs.answer import Answer
    from jetfleet.spec.registry import Registry
    from jetfleet.workstation.workstation import Workstation

_ACCEPT = (
    "application/vnd.oci.image.index.v1+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, "
    "application/vnd.docker.distribution.manifest.v2+json"
)


def resolve_image(
    reference: str, workstation: Workstation, registry: Registry | None = None
) -> LockedImage:
    """Return the digest of an image's index now, and what its image for arm64 is.

    Parameters
    ----------
    registry:
        What the spec has for the image's registry; None if it has nothing.

    Raises
    ------
    FleetError
        The registry does not answer, refuses the login, has no such image, or has it for other
        machines only.

    """
    ref = ImageRef.parse(reference)
    access = Access.of(ref, registry, workstation)
    try:
        http, base = access.open(workstation)
        return _resolve(_Repository(access, http, f"{base}/v2/{ref.repository}"), ref)
    except FleetError as error:
        raise access.refusal(error, ref) from error


@dataclass(frozen=True)
class _Repository:
    """One repository of a registry, at its URL."""

    access: Access
    http: requests.Session
    url: str

    def manifest(self, version: str) -> Answer:
        """Return the manifest or the index of a tag or a digest."""
        return self.access.get(self.http, f"{self.url}/manifests/{version}", _ACCEPT)

    def config(self, manifest: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the configuration of an image; raise `ValueError` if it has another digest."""
        digest = _digest(manifest["config"])
        answer = self.access.get(self.http, f"{self.url}/blobs/{digest}", _ACCEPT)
        if _digest_of(answer.content) != digest:
            raise ValueError("its configuration has another digest than its manifest says")
        found: Mapping[str, Any] = answer.json()
        return found


def _resolve(asked: _Repository, ref: ImageRef) -> LockedImage:
    answer = asked.manifest(ref.version)
    digest = _digest_of(answer.content)
    if ref.digest not in {"", digest}:
        raise FleetError(f"{ref.registry} sent another image for {ref.digest}: check the mirror")
    with expected_form(ref.registry, str(ref)):
        manifest: dict[str, Any] = answer.json()
        indexed = "manifests" in manifest
        if indexed:
            manifest = asked.manifest(_digest(_for_jetson(manifest["manifests"], ref))).json()
        size = sum(layer["size"] for layer in manifest["layers"])
        try:
            config = asked.config(manifest)
        except HttpError:
            if not indexed:
                raise
            return LockedImage(digest=digest, size=size)
        if not indexed and config["architecture"] != _ARM:
            raise _other_machine(ref, [config["architecture"]])
        return LockedImage(digest=digest, size=size, entrypoint=_entrypoint(config))


_ARM = "arm64"


def _other_machine(ref: ImageRef, built_for: list[object]) -> FleetError:
    machines = sorted({printable(str(one)) for one in built_for} - {"unknown"})
    return FleetError(
        f"the image {ref} is built for {', '.join(machines)[:200] or 'no machine'}, not for arm64, "
        "and so does not run on a Jetson: name a tag that is built for arm64"
    )


def _entrypoint(config: Mapping[str, Any]) -> tuple[str, ...]:
    said = config.get("config") or {}
    return tuple(str(word) for word in said.get("Entrypoint") or ())


_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def _digest(described: Mapping[str, Any]) -> str:
    digest = str(described["digest"])
    if not _DIGEST.fullmatch(digest):
        raise ValueError(f"{digest[:80]!r} is not a digest")
    return digest


def _digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _for_jetson(manifests: list[dict[str, Any]], ref: ImageRef) -> dict[str, Any]:
    """Return the entry of an index for arm64; raise `FleetError` if it has none."""
    built_for = [one.get("platform", {}).get("architecture") for one in manifests]
    for one, machine in zip(manifests, built_for, strict=True):
        if machine == _ARM:
            return one
    raise _other_machine(ref, built_for)
