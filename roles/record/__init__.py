"""Write the record of what was applied: the last role of a deploy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.drift.fingerprint import desired_hash, state_hash
from jetfleet.resources import Applied, Model, Resources

if TYPE_CHECKING:
    from jetfleet.role.role_input import RoleInput


def desired(inputs: RoleInput) -> Resources:
    """Return the record of the resources of all roles before this one."""
    if inputs.host.adopted is not None:
        return []  # jetfleet writes nothing on a board that was set up by hand
    models = (r for r in inputs.so_far if isinstance(r, Model))
    return [
        Applied(
            resources=tuple(sorted((r.key, desired_hash(r)) for r in inputs.so_far)),
            models=tuple(sorted(f"{model.name}/{model.revision}" for model in models)),
            commit=inputs.commit,
            states=tuple(sorted((r.key, one) for r in inputs.so_far if (one := state_hash(r)))),
        )
    ]
