"""List models that nothing uses any more, and remove them if the run allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import Leftovers, Model

if TYPE_CHECKING:
    from jetfleet.resources import Resources
    from jetfleet.role.role_input import RoleInput


def desired(inputs: RoleInput) -> Resources:
    """Return the resource that allows only the models of the spec and of the last apply."""
    models = [inputs.model(name) for name in inputs.host.model_names]
    models += [one for one in inputs.so_far if isinstance(one, Model)]
    keep = tuple(sorted({f"{model.name}/{model.revision}" for model in models}))
    return [Leftovers(inputs.host.models.dir, keep, prune=inputs.host.models.prune)]
