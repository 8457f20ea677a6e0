"""What was applied, written on the board after all else: the last role of a deploy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import Applied, Model, Resources
from jetfleet.resources.cause import state_hash
from jetfleet.resources.fingerprint import desired_hash

if TYPE_CHECKING:
    from jetfleet.role_input import RoleInput


def desired(inputs: RoleInput) -> Resources:
    """Return the record of all that the roles before this one want."""
    if inputs.host.adopted is not None:
        return []  # nothing of jetfleet's is put on a board that somebody set up by hand
    models = (r for r in inputs.so_far if isinstance(r, Model))
    return [
        Applied(
            resources=tuple(sorted((r.key, desired_hash(r)) for r in inputs.so_far)),
            models=tuple(sorted(f"{model.name}/{model.revision}" for model in models)),
            commit=inputs.commit,
            states=tuple(sorted((r.key, state_hash(r)) for r in inputs.so_far if state_hash(r))),
        )
    ]
