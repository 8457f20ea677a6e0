"""Images by runtime, SoC and L4T, and the server that is in each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from jetfleet.catalog.data_file import sources
from jetfleet.catalog.l4t import release
from jetfleet.catalog.version import parts, within
from jetfleet.errors import FleetError
from jetfleet.runtimes.folders import folders, read
from jetfleet.spec.frozen import FrozenDict
from jetfleet.spec.image_ref import ImageRef

if TYPE_CHECKING:
    from collections.abc import Mapping


class NoImageError(FleetError):
    """The catalog has no image for a board, so that the spec must name one."""


@dataclass(frozen=True)
class KnownImage:
    """One image: its runtime, the boards that it runs on, and how its server starts.

    `version` is None if no source names it. `executable` is the command of the server, one or more
    words. `entrypoint` is the image's own, as the lock has it; None if it is not known. `backends`
    are other engines in the image with their versions. `releases` is a pattern of tags that are
    releases of the same image; its group is the version. `doubt` says what is not certain.
    """

    runtime: str
    ref: ImageRef
    socs: frozenset[str]
    l4t_min: str
    l4t_max: str
    version: str | None
    executable: tuple[str, ...]
    default: bool
    sources: tuple[str, ...]
    doubt: str | None
    entrypoint: tuple[str, ...] | None = None
    backends: Mapping[str, str | None] = field(default_factory=FrozenDict)
    releases: str | None = None

    @property
    def prepares(self) -> bool:
        """Whether its own entrypoint must stay: it prepares CUDA, and then runs its arguments.

        NVIDIA's images have such a script: it puts CUDA's compatibility libraries in place
        (https://docs.nvidia.com/deploy/cuda-compatibility). Every other entrypoint is replaced:
        that of ollama/ollama and of vllm/vllm-openai is the server itself.
        """
        if self.entrypoint is None:
            return self.ref.name.startswith("nvcr.io/nvidia/")
        return PurePosixPath(next(iter(self.entrypoint), "")).name == "nvidia_entrypoint.sh"

    def fits(self, soc: str, l4t: str) -> bool:
        """Return whether the image runs on `soc` with the release `l4t`."""
        return soc in self.socs and within(l4t, self.l4t_min, self.l4t_max)


@cache
def images() -> tuple[KnownImage, ...]:
    """Return all known images."""
    return tuple(
        KnownImage(
            **{
                **row,
                "ref": ImageRef.parse(row["ref"]),
                "socs": frozenset(row["socs"]),
                "executable": tuple(row["executable"]),
                "sources": sources(row["sources"], read(folder, "images.json").get("sources")),
                "backends": FrozenDict(row.get("backends", {})),
            }
        )
        for folder in folders()
        for row in read(folder, "images.json").get("images", ())
    )


def default_image(runtime: str, soc: str, l4t: str) -> KnownImage:
    """Return the image of `runtime` ("vllm") for `soc` ("orin") on `l4t` ("36.4.3").

    Raises `NoImageError` if the catalog has none.
    """
    nearest = release(l4t).value.l4t
    fitting = [
        image
        for image in images()
        if image.runtime == runtime and image.default and image.fits(soc, nearest)
    ]
    if not fitting:
        raise NoImageError(
            f"the catalog has no {runtime} image for {soc} on L4T {l4t}; name one as `image`"
        )
    return max(fitting, key=lambda image: parts(image.l4t_min))


def images_for(soc: str, l4t: str) -> tuple[KnownImage, ...]:
    """Return all known images that run on `soc` ("orin") with the release `l4t` ("36.4.3")."""
    return tuple(image for image in images() if image.fits(soc, l4t))


def image_by_ref(ref: ImageRef) -> KnownImage | None:
    """Return what is known of the image `ref`, by its tag, or None; it keeps its digest.

    A release tag that is not listed gets the row of a listed release, with the version of the tag.
    An image of a mirror gets the row of the image that it has the repository and the tag of.
    """
    for image in images():
        if image.ref.tagged == ref.tagged:
            return replace(image, ref=ref) if ref.digest else image
    named_so = [image for image in images() if _same_repository(ref, image.ref)]
    for image in named_so:
        if image.ref.tag == ref.tag:
            return replace(image, ref=ref, default=False)
    for image in named_so:
        named = re.fullmatch(image.releases, ref.tag) if image.releases else None
        if named and parts(named[1]) >= parts(image.version or ""):
            return replace(image, ref=ref, version=named[1], default=False)
    return None


def _same_repository(ref: ImageRef, known: ImageRef) -> bool:
    """Tell whether an image is of a known repository: at its registry, or at a mirror of it.

    A mirror is a registry that the catalog does not know. It may have a folder for each registry.
    """
    if ref.registry in {image.ref.registry for image in images()}:
        return ref.name == known.name
    return f"/{ref.repository}".endswith(f"/{known.repository}")
