"""Resolving a spec into a lock: each image tag and each model once, on the workstation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.hub.architecture import described
from jetfleet.hub.registry import resolve_image
from jetfleet.images import images_of
from jetfleet.lock.model import Lock, LockedImage, LockedModel

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from jetfleet.hub.hub import Hub
    from jetfleet.spec.load import Spec
    from jetfleet.spec.model import ModelSpec
    from jetfleet.workstation import Workstation


def resolve(
    spec: Spec,
    old: Lock,
    workstation: Workstation,
    hub: Callable[[ModelSpec], Hub],
    *,
    upgrade: Container[str] = (),
) -> Lock:
    """Return a lock for all that the hosts of a spec use; known entries are kept.

    Parameters
    ----------
    upgrade:
        Images by reference and models by name that are resolved anew, so that what has moved
        is taken.

    Raises
    ------
    FleetError
        A hub or registry does not answer, refuses the key, or has no such thing.

    """
    images: dict[str, LockedImage] = {}
    models: dict[str, LockedModel] = {}
    for host in spec.hosts:
        for reference in (image.ref.full for image in images_of(host)):
            if reference not in images:
                kept = None if reference in upgrade else old.images.get(reference)
                images[reference] = kept or resolve_image(reference, workstation)
        for service in host.found:
            # No registry is asked for what is on the board already; what is known of it is kept.
            found = service.image.full if service.image else ""
            if found in old.images:
                images.setdefault(found, old.images[found])
        for name in host.locked_models:
            if name in models:
                continue
            model = spec.models[name]
            kept_model = None if name in upgrade else old.models.get(name)
            if kept_model is None or not kept_model.answers(model):
                asked = hub(model)
                kept_model = described(asked, asked.listing())
            models[name] = kept_model
    return Lock(images=images, models=models)
