"""Checks that an image is one for the SoC and the L4T release of its host."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.catalog.images import NoImageError, default_image
from jetfleet.catalog.l4t import release
from jetfleet.catalog.version import parts
from jetfleet.runtimes.registry import runtime_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.catalog.images import KnownImage
    from jetfleet.runtimes.subject import Subject
    from jetfleet.spec.image_ref import ImageRef
    from jetfleet.spec.model import Service
    from jetfleet.spec.problem import Problem

_TAG_L4T = re.compile(r"(?<![a-z0-9])r(3[2-9]|4[0-9])(?![0-9])")
_OTHER = "image-other-board"
_TAG_SOC = re.compile(r"(?<![a-z0-9])(orin|thor|xavier)(?![a-z0-9])")


def check_image(subject: Subject, service: Service) -> Iterator[Problem]:
    """Yield a problem if the image of `service` cannot run on the host, or is not known."""
    path = ("services", service.name, "image")
    image = subject.image(service)
    if not service.in_container:
        return
    runtime = runtime_of(service)
    if service.image is None:
        if image is None and not runtime.any_image:
            found = f"no image, and the catalog has none for {subject.release}"
            remedy = "name one as `image`"
            expected = "an image that runs there"
            yield subject.problem(path, found, expected, remedy, rule="image-none")
        return
    expected = f"an image for {subject.release}"
    if image is not None:
        if not runtime.serves(image):
            found, wanted = f"an image of {image.runtime}: {image.ref}", f"one of {service.runtime}"
            yield subject.problem(path, found, wanted, _instead(subject, service), rule=_OTHER)
        elif not image.fits(subject.module.soc, release(subject.l4t).value.l4t):
            remedy = _instead(subject, service)
            yield subject.problem(path, _meant_for(image), expected, remedy, rule=_OTHER)
        return
    other = _other_board(subject, service.image)
    if other:
        remedy = _instead(subject, service)
        yield subject.problem(path, other, expected, remedy, rule=_OTHER)
        return
    if runtime.any_image:
        return
    found, known = f"the image {service.image}", "one that the catalog knows"
    remedy = "its fit and the options of its server are not checked"
    yield subject.problem(path, found, known, remedy, warning=True, rule="image-unknown")


def _meant_for(image: KnownImage) -> str:
    socs = " and ".join(sorted(image.socs))
    low, high = parts(image.l4t_min)[0], parts(image.l4t_max)[0]
    majors = f"L4T {low}" if low == high else f"L4T {low} to {high}"
    since = f" from {image.l4t_min} on" if parts(image.l4t_min)[1] else ""
    return f"an image for {socs} on {majors}{since}: {image.ref}"


def _other_board(subject: Subject, ref: ImageRef) -> str | None:
    """Return what the tag of an unknown image names plainly, if that is another board."""
    tag = str(ref).rpartition("/")[2].lower()
    named = set(_TAG_SOC.findall(tag))
    if named and subject.module.soc not in named:
        return f"an image whose name says {' and '.join(sorted(named))}: {ref}"
    majors = {int(found) for found in _TAG_L4T.findall(tag)}
    # Images for Thor on R38 are used on R39 as well; all others are tied to their major.
    allowed = {parts(subject.l4t)[0]} | ({38, 39} if subject.module.soc == "thor" else set())
    if majors and not majors & allowed:
        return f"an image whose name says L4T {min(majors)}: {ref}"
    return None


def _instead(subject: Subject, service: Service) -> str:
    try:
        ref = default_image(service.runtime, subject.module.soc, subject.l4t).ref
    except NoImageError:
        return "name one that is built for it"
    return f"leave `image` out to have {ref}"
