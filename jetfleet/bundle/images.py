"""The images of a bundle, for arm64 alone, as an OCI layout.

https://github.com/opencontainers/image-spec/blob/main/image-layout.md: each blob once, however
many images have it. The index of an image is kept as its registry has it, because its hash is what
is locked; the manifests that it names for other machines are left out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.bundle.download import hash_of
from jetfleet.bundle.sources import from_bytes, from_url
from jetfleet.bundle.wanted import Wanted
from jetfleet.hubs.image_registry import ARM, pulled
from jetfleet.spec.image_ref import ImageRef
from jetfleet.steps.bundle import image_purpose

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jetfleet.hubs.image_registry import Blob, PulledImage
    from jetfleet.lock.model import LockedImage
    from jetfleet.spec.registry import Registry
    from jetfleet.workstation.workstation import Workstation

FOLDER = "images"
BLOBS = f"{FOLDER}/blobs/sha256"
_INDEX = "application/vnd.oci.image.index.v1+json"


def images(
    locked: Mapping[str, LockedImage],
    registries: Mapping[str, Registry | None],
    workstation: Workstation,
) -> Iterator[Wanted]:
    """Yield the files of the layout; the registries are asked for manifests, not for layers.

    Parameters
    ----------
    locked:
        Entries of the lock by reference.
    registries:
        What the spec has for the registry of each image.

    Raises
    ------
    FleetError
        A registry does not answer, refuses the login, or does not have what is locked.

    """
    found: dict[str, PulledImage] = {}
    for reference, image in sorted(locked.items()):
        ref = ImageRef.parse(reference)
        one = pulled(ref, image.digest, workstation, registries.get(reference))
        purpose = image_purpose(ref.name, image.digest)
        for content, _ in one.manifests:
            yield _file(hash_of(content), len(content), purpose, reference, content)
        for blob in one.blobs:
            yield _Blob(one, blob).wanted(purpose, reference)
        found[reference] = one
    if found:
        layout, index = b'{"imageLayoutVersion": "1.0.0"}\n', _layout_index(found)
        for name, content in (("oci-layout", layout), ("index.json", index)):
            title = f"{FOLDER}/{name}"
            yield Wanted(
                title, len(content), hash_of(content), ("layout",), title, from_bytes(content)
            )


def _file(digest: str, size: int, purpose: str, reference: str, content: bytes) -> Wanted:
    path = f"{BLOBS}/{digest}"
    return Wanted(path, size, digest, (purpose,), f"manifest of {reference}", from_bytes(content))


@dataclass(frozen=True)
class _Blob:
    image: PulledImage
    blob: Blob

    def wanted(self, purpose: str, reference: str) -> Wanted:
        """Return the file of a layer or of the configuration."""
        digits = self.blob.digest.partition(":")[2]
        source = from_url(lambda: self.image.http, self._url, self.image.log_in)
        title = f"{digits[:12]} of image {reference}"
        return Wanted(f"{BLOBS}/{digits}", self.blob.size, digits, (purpose,), title, source)

    def _url(self) -> str:
        return self.image.url(self.blob.digest)


def _layout_index(found: Mapping[str, PulledImage]) -> bytes:
    manifests: Sequence[Any] = [
        {
            "mediaType": one.manifests[0][1],
            "digest": f"sha256:{hash_of(one.manifests[0][0])}",
            "size": len(one.manifests[0][0]),
            "annotations": {"org.opencontainers.image.ref.name": reference},
            **(
                {} if len(one.manifests) > 1 else {"platform": {"architecture": ARM, "os": "linux"}}
            ),
        }
        for reference, one in found.items()
    ]
    about = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": manifests}
    return (json.dumps(about, indent=2, sort_keys=True) + "\n").encode()
