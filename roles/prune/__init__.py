"""List what nothing uses any more, models and moved data of Docker; remove it if allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import DockerLeftovers, Leftovers, Model

if TYPE_CHECKING:
    from jetfleet.resources import Resources
    from jetfleet.role.role_input import RoleInput


def desired(inputs: RoleInput) -> Resources:
    """Return the resource that allows only the models of the spec and of the last apply.

    Nor is there a folder that Docker's data were moved from.
    """
    models = [inputs.model(name) for name in inputs.host.model_names]
    models += [one for one in inputs.so_far if isinstance(one, Model)]
    keep = tuple(sorted({f"{model.name}/{model.revision}" for model in models}))
    leftovers = Leftovers(inputs.host.models.dir, keep, prune=inputs.host.models.prune)
    # Only an engine that jetfleet sets up has moved its data.
    moved = inputs.host.docker is not None and inputs.host.adopted is None
    return [leftovers, *([DockerLeftovers()] if moved else [])]
