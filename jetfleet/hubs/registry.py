"""All hubs by the name that a spec has for them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from jetfleet.hubs.folders import folders, module_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.hubs.base import Hub
    from jetfleet.spec.model import ModelSpec
    from jetfleet.workstation.workstation import Workstation


@cache
def _folder_of() -> Mapping[str, str]:
    return {module_of(folder, "spec").FORM.hub: folder for folder in folders()}


def hub_type(name: str) -> type[Hub]:
    """Return the class of a hub: `HUB` in its folder's `hub.py`."""
    # `requests` is slow to import, and few commands need it.
    found: type[Hub] = module_of(_folder_of()[name], "hub").HUB
    return found


def hub_of(model: ModelSpec, workstation: Workstation) -> Hub:
    """Return the client of a model's hub."""
    return hub_type(model.hub)(model, workstation)
