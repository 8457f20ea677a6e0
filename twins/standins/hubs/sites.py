"""All hubs of a fleet, each with its store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twins.standins import keys, names
from twins.standins.hubs.github.site import Releases
from twins.standins.hubs.huggingface.site import HuggingFace
from twins.standins.hubs.modelscope.site import ModelScope
from twins.standins.hubs.ngc.site import Api
from twins.standins.hubs.ollama.site import Ollama
from twins.standins.hubs.signing import Signer
from twins.standins.hubs.store import Store
from twins.standins.hubs.web.site import Web

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from twins.standins.hubs.content.models import Model
    from twins.standins.hubs.exchange import Site

_TOKEN_SECONDS = 600


@dataclass(frozen=True)
class Keys:
    """The keys that the hubs accept, by hub; `strangers` have accepted no licence."""

    ngc: frozenset[str] = frozenset()
    hf: frozenset[str] = frozenset()
    strangers: frozenset[str] = frozenset()
    modelscope: frozenset[str] = frozenset()

    @classmethod
    def of(cls, fleet_dir: Path) -> Keys:
        """Return the keys of a fleet."""
        stranger = keys.hf_stranger(fleet_dir)
        return cls(
            ngc=frozenset({keys.api_key(fleet_dir), keys.legacy_key(fleet_dir)}),
            hf=frozenset({keys.hf_token(fleet_dir), stranger}),
            strangers=frozenset({stranger}),
            modelscope=frozenset({keys.modelscope_token(fleet_dir)}),
        )


def sites(
    models: Sequence[Model], accepted: Keys, url_seconds: int, origin: str | None = None
) -> tuple[Site, ...]:
    """Return the hubs that have these models, and their stores.

    `url_seconds`: how long a signed URL is valid. `origin`: the address of all stores in a test;
    without it each has its own name.
    """
    signer = Signer(url_seconds)
    by_hub: dict[str, list[Model]] = {}
    for model in models:
        by_hub.setdefault(model.definition.hub, []).append(model)
    ngc = Store(names.NGC_STORE, "/org/", signer, origin)
    hf = Store(names.HF_STORE, "/xet-bridge-us/", signer, origin)
    modelscope = Store(names.MODELSCOPE_STORE, "/prod/lfs-objects/", signer, origin)
    ollama = Store(names.OLLAMA_STORE, "/ollama/docker/registry/v2/blobs/sha256/", signer, origin)
    return (
        # Before NGC, which answers for the rest of /v2/ when hubs are asked by address.
        Ollama(by_hub.get("ollama", ()), ollama),
        Api(by_hub.get("ngc", ()), accepted.ngc, Signer(_TOKEN_SECONDS), ngc),
        HuggingFace(by_hub.get("hf", ()), accepted.hf, accepted.strangers, hf),
        ModelScope(by_hub.get("modelscope", ()), accepted.modelscope, modelscope),
        Web(by_hub.get("web", ())),
        Releases(by_hub.get("github", ())),
        *(ngc, hf, modelscope, ollama),
    )
