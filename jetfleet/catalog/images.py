"""vLLM images by SoC and L4T, and the vLLM that is in each."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache

from jetfleet.catalog.l4t import release
from jetfleet.catalog.read import read, sources
from jetfleet.catalog.version import parts, within
from jetfleet.errors import FleetError

_UPSTREAM = re.compile(r"docker\.io/vllm/vllm-openai:v(\d+\.\d+\.\d+(\.\d+)?)(-.*)?")


class NoImageError(FleetError):
    """The catalog has no image for a board; the spec has to name one."""


@dataclass(frozen=True)
class VllmImage:
    """One image: where it runs, how its server is called and which options that server takes.

    `vllm` is None where no source names the version. `doubt` says what is not settled.
    """

    ref: str
    socs: frozenset[str]
    l4t_min: str
    l4t_max: str
    vllm: str | None
    executable: tuple[str, ...]
    default: bool
    sources: tuple[str, ...]
    doubt: str | None

    def fits(self, soc: str, l4t: str) -> bool:
        """Tell whether the image runs on `soc` with the release `l4t`."""
        return soc in self.socs and within(l4t, self.l4t_min, self.l4t_max)


@cache
def vllm_images() -> tuple[VllmImage, ...]:
    """Return all known images."""
    return tuple(
        VllmImage(
            **{
                **row,
                "socs": frozenset(row["socs"]),
                "executable": tuple(row["executable"]),
                "sources": sources(row["sources"]),
            }
        )
        for row in read("vllm-images.json")["images"]
    )


def vllm_image(soc: str, l4t: str) -> VllmImage:
    """Return the image for `soc` ("orin") on `l4t` ("36.4.3"); raises `NoImageError` if none."""
    nearest = release(l4t).value.l4t
    fitting = [image for image in vllm_images() if image.default and image.fits(soc, nearest)]
    if not fitting:
        raise NoImageError(
            f"the catalog has no vLLM image for {soc} on L4T {l4t}; name one as `image`"
        )
    return max(fitting, key=lambda image: parts(image.l4t_min))


def image_by_ref(ref: str) -> VllmImage | None:
    """Return what is known of the image `ref`, with or without a digest, or None.

    A release tag of vLLM's own image that is not listed is taken for its listed sibling with the
    version that the tag names.
    """
    asked = full_ref(ref).partition("@")[0]
    for image in vllm_images():
        if image.ref == asked:
            return image
    upstream = _UPSTREAM.fullmatch(asked)
    sibling = next((image for image in vllm_images() if _UPSTREAM.fullmatch(image.ref)), None)
    if upstream and sibling and parts(upstream[1]) >= parts(sibling.vllm or ""):
        return replace(sibling, ref=asked, vllm=upstream[1], default=False)
    return None


def full_ref(ref: str) -> str:
    """Return `ref` with its registry written out: "vllm/x:1" gives "docker.io/vllm/x:1"."""
    first, slash, _ = ref.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return ref
    return f"docker.io/{ref}" if slash else f"docker.io/library/{ref}"
