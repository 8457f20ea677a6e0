"""What was applied, written on the board after all else: the last role of a deploy."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from jetfleet.resources import Applied, File, Model, Resource, Resources

if TYPE_CHECKING:
    from typing import Any

    from jetfleet.given import Given


def desired(given: Given) -> Resources:
    """Return the record of all that the roles before this one want."""
    models = (r for r in given.so_far if isinstance(r, Model))
    return [
        Applied(
            resources=tuple(sorted((r.key, _hash(r)) for r in given.so_far)),
            models=tuple(sorted(f"{model.name}/{model.revision}" for model in models)),
            commit=given.commit,
        )
    ]


def _hash(resource: Resource[Any]) -> str:
    """Hash of a desired state; a secret's value is left out, for short ones could be guessed."""
    secret = isinstance(resource, File) and resource.secret
    text = f"{resource.key} secret" if secret else repr(resource)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
