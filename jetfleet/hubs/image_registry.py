"""Container registries: what a tag is for a Jetson, by the OCI distribution protocol."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from jetfleet.errors import FleetError
from jetfleet.hubs.answer import expected_form
from jetfleet.hubs.https import HttpError, opened
from jetfleet.hubs.registry_access import Access
from jetfleet.lock.model import LockedBlob, LockedImage
from jetfleet.spec.image_ref import ImageRef
from jetfleet.steps import Links
from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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


@dataclass(frozen=True)
class Blob:
    """The configuration or a layer of an image: its digest, and its size in bytes."""

    digest: str
    size: int


@dataclass(frozen=True)
class PulledImage:
    """What a board pulls of an image.

    Parameters
    ----------
    manifests:
        Content and media type of what the digest names, and of the manifest for arm64 if the
        first is an index.
    blobs:
        Its configuration and its layers, each once.

    """

    asked: _Repository
    manifests: tuple[tuple[bytes, str], ...]
    blobs: tuple[Blob, ...]

    @property
    def http(self) -> requests.Session:
        """The session that has the login, where the registry asks for one."""
        return self.asked.http

    def url(self, digest: str) -> str:
        """Return the address of a blob."""
        return f"{self.asked.url}/blobs/{digest}"

    def log_in(self) -> None:
        """Log in again: tokens of registries expire after minutes."""
        self.http.headers.pop("Authorization", None)
        self.asked.manifest(f"sha256:{hashlib.sha256(self.manifests[0][0]).hexdigest()}")


def pulled(
    ref: ImageRef, digest: str, workstation: Workstation, registry: Registry | None = None
) -> PulledImage:
    """Return what a board pulls of the image with this digest; each manifest is checked.

    Raises
    ------
    FleetError
        The registry does not answer, refuses the login, or sends something else.

    """
    access = Access.of(ref, registry, workstation)
    try:
        http, base = access.open(workstation)
        asked = _Repository(access, http, f"{base}/v2/{ref.repository}")
        with expected_form(ref.registry, str(ref)):
            return _pulled(asked, ref, digest)
    except FleetError as error:
        raise access.refusal(error, ref) from error


def with_blobs(
    locked: LockedImage,
    reference: str,
    workstation: Workstation,
    registry: Registry | None = None,
) -> LockedImage:
    """Return the entry of an image with all that a board pulls of it; see `pulled`."""
    found = pulled(ImageRef.parse(reference), locked.digest, workstation, registry)
    manifests = ((_digest_of(content), len(content)) for content, _ in found.manifests)
    rows = (*manifests, *((one.digest, one.size) for one in found.blobs))
    blobs = tuple(LockedBlob(sha256=one.partition(":")[2], size=size) for one, size in rows)
    return locked.model_copy(update={"blobs": blobs})


def blob_links(
    locked: LockedImage,
    reference: str,
    sha256s: Sequence[str],
    workstation: Workstation,
    registry: Registry | None = None,
) -> Links:
    """Return where a board gets blobs of an image without a login: manifests come with the job.

    Registries redirect to signed addresses, as hubs do; a board gets only those.

    Raises
    ------
    FleetError
        The registry does not answer, or gives a blob only with its login.

    """
    ref = ImageRef.parse(reference)
    found = pulled(ref, locked.digest, workstation, registry)
    known = {_digest_of(content).partition(":")[2]: content for content, _ in found.manifests}
    content = {one: known[one] for one in sha256s if one in known}
    try:
        urls = {one: (_link(found.asked, one),) for one in sha256s if one not in known}
    except FleetError as error:
        raise found.asked.access.refusal(error, ref) from error
    return Links(urls, content)


def _link(asked: _Repository, sha256: str) -> str:
    """Return where a blob can be had without a login."""
    url = f"{asked.url}/blobs/sha256:{sha256}"
    with opened(asked.http, url, {}, follow=False) as answer:
        if answer.is_redirect:
            return urljoin(url, answer.headers["Location"])
    if "Authorization" in asked.http.headers:
        raise FleetError(
            f"{asked.access.registry} gives the layers of its images only with its login, which "
            "never goes to a board for long: remove `docker.seed` and `limits.rate`, so that each "
            "board pulls them"
        )
    return asked.access.on_boards(url)


def _pulled(asked: _Repository, ref: ImageRef, digest: str) -> PulledImage:
    content, manifest = _checked(asked, ref, digest)
    found = [(content, _media_type(manifest))]
    if "manifests" in manifest:
        below = _digest(_for_jetson(manifest["manifests"], ref))
        content, manifest = _checked(asked, ref, below)
        found.append((content, _media_type(manifest)))
    listed = [manifest["config"], *manifest["layers"]]
    blobs = {_digest(one): Blob(_digest(one), _size(one)) for one in listed}
    return PulledImage(asked, tuple(found), tuple(blobs.values()))


def _checked(asked: _Repository, ref: ImageRef, digest: str) -> tuple[bytes, dict[str, Any]]:
    """Return a manifest and what it says; raise `FleetError` if it has another digest."""
    answer = asked.manifest(digest)
    if _digest_of(answer.content) != digest:
        raise FleetError(f"{ref.registry} sent another manifest for {digest}: check the mirror")
    manifest: dict[str, Any] = answer.json()
    return answer.content, manifest


def _media_type(manifest: Mapping[str, Any]) -> str:
    """Return the type of a manifest; those of OCI need not say it."""
    kind = "index" if "manifests" in manifest else "manifest"
    found = str(manifest.get("mediaType") or f"application/vnd.oci.image.{kind}.v1+json")
    if found not in _ACCEPT.split(", "):
        raise ValueError(f"{found[:80]!r} is not the type of a manifest")
    return found


def _size(described: Mapping[str, Any]) -> int:
    size = described["size"]
    if not isinstance(size, int) or not 0 <= size < 2**50:
        raise ValueError(f"{str(size)[:80]!r} is not the size of a blob")
    return size


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
        if not indexed and config["architecture"] != ARM:
            raise _other_machine(ref, [config["architecture"]])
        return LockedImage(digest=digest, size=size, entrypoint=_entrypoint(config))


ARM = "arm64"


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
        if machine == ARM:
            return one
    raise _other_machine(ref, built_for)
