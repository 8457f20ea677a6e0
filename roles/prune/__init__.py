"""Models that nothing refers to any more: listed, and removed with leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import Leftovers

if TYPE_CHECKING:
    from jetfleet.given import Given
    from jetfleet.resources import Resources


def desired(given: Given) -> Resources:
    """Return that no models are there but those of the spec and of the last apply."""
    models = (given.model(name) for name in given.host.model_names)
    keep = tuple(sorted(f"{model.name}/{model.revision}" for model in models))
    return [Leftovers(given.host.models.dir, keep, prune=given.host.models.prune)]
