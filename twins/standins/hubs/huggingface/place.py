"""The names and keys of Hugging Face."""

from __future__ import annotations

from twins.standins.hubs.place import Key, Place

PLACE = Place(
    hub="hf",
    hosts=("huggingface.co",),
    endpoints=("hf",),
    store="cas-bridge.xethub.hf.co",
    store_prefix="/xet-bridge-us/",
    keys=(Key("hf", "hf_", "HF_TOKEN"), Key("hf-stranger", "hf_", licensed=False)),
    version="main",
)
