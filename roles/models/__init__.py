"""The models of a host as they are locked, shared with its neighbours if it is a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import OllamaModel, Package
from roles.models.seed import seed

if TYPE_CHECKING:
    from jetfleet.given import Given
    from jetfleet.resources import Model, Resources


def desired(given: Given) -> Resources:
    """Return the models, aria2, which fetches them, and what serves them to other hosts."""
    models: list[Model] = [given.model(name) for name in given.host.model_names]
    wanted: Resources = [Package("aria2"), *models] if models else []
    store = given.host.ollama_store
    if store is not None:
        wanted += [
            OllamaModel.of(model, store) for model in models if model.source.startswith("ollama:")
        ]
    if given.host.models.seed:
        wanted += seed(given.host.models.dir)
    return wanted
