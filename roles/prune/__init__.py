"""Models that nothing refers to any more: listed, and removed with leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import Leftovers, Model

if TYPE_CHECKING:
    from jetfleet.resources import Resources
    from jetfleet.role_input import RoleInput


def desired(inputs: RoleInput) -> Resources:
    """Return that no models are there but those of the spec and of the last apply."""
    models = [inputs.model(name) for name in inputs.host.model_names]
    models += [one for one in inputs.so_far if isinstance(one, Model)]
    keep = tuple(sorted({f"{model.name}/{model.revision}" for model in models}))
    return [Leftovers(inputs.host.models.dir, keep, prune=inputs.host.models.prune)]
