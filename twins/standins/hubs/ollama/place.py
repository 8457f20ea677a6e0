"""The names of Ollama's registry."""

from __future__ import annotations

from twins.standins.hubs.place import Place

PLACE = Place(
    hub="ollama",
    hosts=("registry.ollama.ai",),
    endpoints=("ollama",),
    store="dd20bb891979d25aebc8bec07b2b3bbc.r2.cloudflarestorage.com",
    store_prefix="/ollama/docker/registry/v2/blobs/sha256/",
    versioned=True,
)
