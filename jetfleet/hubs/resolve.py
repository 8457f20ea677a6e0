"""Resolving what roles need into a lock: each image tag and each model once, on the workstation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.hubs.architecture import described
from jetfleet.hubs.image_registry import blob_links, resolve_image, with_blobs
from jetfleet.lock.model import Lock
from jetfleet.spec.image_ref import ImageRef

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from jetfleet.hubs.base import Hub
    from jetfleet.lock.model import LockedImage
    from jetfleet.lock.requirements import Requirements
    from jetfleet.spec.load import Spec
    from jetfleet.spec.model import ModelSpec
    from jetfleet.spec.registry import Registry
    from jetfleet.steps import Links
    from jetfleet.workstation.workstation import Workstation


def resolve(  # noqa: PLR0913 - each is a part of its own that tests replace
    spec: Spec,
    old: Lock,
    workstation: Workstation,
    hub: Callable[[ModelSpec], Hub],
    required: Callable[[Lock], Requirements],
    *,
    upgrade: Container[str] = (),
) -> Lock:
    """Return a lock for all that the roles need; known entries are kept.

    A role may need to know the files of one model to say what else it needs. So what is missing is
    resolved and the roles are run again, until nothing is.

    Parameters
    ----------
    required:
        Runs the roles on a lock, and returns what they need.
    upgrade:
        Images by reference and models by name that are resolved again, so that what has moved
        is taken.

    Raises
    ------
    FleetError
        A hub or registry does not answer, refuses the key, or has no such thing.

    """
    known = _kept(spec, old, upgrade)
    shared = spec.limits.rate is not None or any(
        host.docker is not None and host.docker.seed for host in spec.hosts
    )
    while True:
        needed = required(known)
        images = {name: known.images.get(name) for name in needed.images}
        models = {name: known.models.get(name) for name in needed.models}
        if all(images.values()) and all(models.values()):
            break
        for reference, image in images.items():
            if image is None:
                registry = _registry_of(spec, reference, needed.images[reference])
                known.images[reference] = resolve_image(reference, workstation, registry)
        for name, model in models.items():
            if model is None:
                asked = hub(spec.models[name])
                known.models[name] = described(asked, asked.listing())
    found = {
        name: _with_blobs(spec, name, needed.images[name], known.images[name], workstation)
        if shared
        else known.images[name]
        for name in images
    }
    return Lock(
        images={**_on_boards(spec, old), **found},
        models={name: known.models[name] for name in models},
        bundle=old.bundle,
    )


def image_links(
    spec: Spec,
    reference: str,
    image: LockedImage,
    sha256s: Sequence[str],
    workstation: Workstation,
) -> Links:
    """Return links for blobs of a locked image, which are valid now; see `blob_links`."""
    registry = _registry_of(spec, reference, "")
    return blob_links(image, reference, sha256s, workstation, registry)


def _with_blobs(
    spec: Spec, reference: str, host: str, image: LockedImage, workstation: Workstation
) -> LockedImage:
    if image.blobs is not None:
        return image
    return with_blobs(image, reference, workstation, _registry_of(spec, reference, host))


def _registry_of(spec: Spec, reference: str, host: str) -> Registry | None:
    """Return what the spec has for an image's registry: at the host that needs it, or at any."""
    name = ImageRef.parse(reference).registry
    first = sorted(spec.hosts, key=lambda one: one.name != host)
    return next((one.registries[name] for one in first if name in one.registries), None)


def _kept(spec: Spec, old: Lock, upgrade: Container[str]) -> Lock:
    """Return the entries that need not be resolved again."""
    images = {name: image for name, image in old.images.items() if name not in upgrade}
    models = {
        name: model
        for name, model in old.models.items()
        if name not in upgrade and name in spec.models and model.answers(spec.models[name])
    }
    return Lock(images=images, models=models)


def _on_boards(spec: Spec, old: Lock) -> dict[str, LockedImage]:
    """Return the known images of services that were set up by hand: no registry is asked."""
    services = (service for host in spec.hosts for service in host.adopted_services)
    found = (service.image.full for service in services if service.image)
    return {name: old.images[name] for name in found if name in old.images}
