"""What a container sees beside its own model: models that options name, and mounts of the spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.containers import Mount
from jetfleet.spec.option_paths import MODELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.resources import Model
    from jetfleet.role.role_input import RoleInput
    from jetfleet.spec.service import Service


def more_models(
    inputs: RoleInput, service: Service, own: tuple[Model, ...] = ()
) -> tuple[Model, ...]:
    """Return the models that options of a service name as ``/models/NAME``, without its `own`."""
    taken = {model.name for model in own}
    return tuple(inputs.model(name) for name in service.option_models if name not in taken)


def more_mounts(
    inputs: RoleInput, service: Service, own: tuple[Model, ...] = ()
) -> Iterator[Mount]:
    """Yield the mounts of these models, and those that the spec writes for the service."""
    for model in more_models(inputs, service, own):
        yield Mount(model.folder, f"{MODELS}/{model.name}")
    for board, inside in getattr(service, "mounts", {}).items():
        yield Mount.written(board, inside)
