"""The models of a host as they are locked, shared with its neighbours if it is a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import OllamaModel, Package
from jetfleet.role.seed import seed

if TYPE_CHECKING:
    from jetfleet.resources import Model, Resources
    from jetfleet.role.role_input import RoleInput


def desired(inputs: RoleInput) -> Resources:
    """Return the models, aria2, which fetches them, and what serves them to other hosts."""
    models: list[Model] = [inputs.model(name) for name in inputs.host.model_names]
    # What a bundle has needs no aria2.
    fetches = bool(models) and inputs.host.offline is None
    wanted: Resources = [*([Package("aria2")] if fetches else []), *models]
    store = inputs.host.ollama_store
    if store is not None:
        wanted += [
            OllamaModel.of(model, store)
            for model in models
            if inputs.models[model.name].source.form.layout == "store"
        ]
    if inputs.host.models.seed:
        wanted += seed(inputs.host.models.dir)
    return wanted
