"""All hubs of a fleet, each with its store: `site` in the `site.py` of each folder."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from twins.standins.hubs.places import PLACES
from twins.standins.hubs.signing import Signer
from twins.standins.hubs.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twins.standins.hubs.accepted import Keys
    from twins.standins.hubs.content.models import Model
    from twins.standins.hubs.exchange import Site


def sites(
    models: Sequence[Model], accepted: Keys, url_seconds: int, origin: str | None = None
) -> tuple[Site, ...]:
    """Return the hubs that have these models, and their stores.

    `url_seconds`: how long a signed URL is valid. `origin`: the address of all stores in a test;
    without it each has its own name.
    """
    signer = Signer(url_seconds)
    hubs: list[Site] = []
    stores: list[Site] = []
    for folder, place in PLACES.items():
        store = Store(place.store, place.store_prefix, signer, origin)
        served = [model for model in models if model.definition.hub == place.hub]
        module = import_module(f"twins.standins.hubs.{folder}.site")
        hubs.append(module.site(served, accepted, store))
        if place.store:
            stores.append(store)
    return (*hubs, *stores)
