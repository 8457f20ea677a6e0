"""The host names that the stand-ins answer under."""

from __future__ import annotations

from twins.standins.hubs.places import PLACES

REGISTRIES = ("nvcr.io", "ghcr.io", "docker.io", "quay.io")
"""The registries that images are named after."""

REGISTRY_NAMES = (*REGISTRIES, "registry-1.docker.io", "index.docker.io", "auth.docker.io")
"""All names of registries, with the hosts to which Docker goes for `docker.io`."""

STORE_NAMES = tuple(place.store for place in PLACES.values() if place.store)

HUB_NAMES = (*(host for place in PLACES.values() for host in place.hosts), *STORE_NAMES)
"""Hubs, and the stores to which they redirect downloads: other hosts, as with the real hubs."""
