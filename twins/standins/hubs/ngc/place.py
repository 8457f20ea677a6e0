"""The names and keys of NGC."""

from __future__ import annotations

from twins.standins.hubs.place import Key, Place

PLACE = Place(
    hub="ngc",
    hosts=("api.ngc.nvidia.com", "authn.nvidia.com"),
    endpoints=("ngc", "ngc_auth"),
    store="files.ngc.nvidia.com",
    store_prefix="/org/",
    # A key of the older kind is exchanged for a token.
    keys=(Key("ngc", "nvapi-", "NGC_API_KEY"), Key("ngc-legacy", "")),
    versioned=True,
)
