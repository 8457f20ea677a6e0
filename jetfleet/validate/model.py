"""Checks of models that need no host: which keys go with which kind of source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.spec.problem import Problem
from jetfleet.spec.source import WITH_FOLDERS, WITH_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.spec.load import Spec
    from jetfleet.spec.model import ModelSpec


def check_models(spec: Spec) -> Iterator[Problem]:
    """Yield a problem for each key of a model that its source has no use for, or lacks."""
    for model in spec.models.values():
        for key, expected, remedy in _wrong_keys(model):
            written = spec.places.written(("models", model.name, key))
            found = f"{key} for {model.source}" if getattr(model, key) else f"no {key}"
            yield Problem(written.place, written.key, found, expected, remedy)


def _wrong_keys(model: ModelSpec) -> Iterator[tuple[str, str, str]]:
    if model.hub == "https" and model.sha256 is None:
        yield "sha256", "the hash of the file: the web has none", "add what sha256sum prints"
    if model.hub != "https" and model.sha256 is not None:
        yield "sha256", "no hash: its hub lists them", "take it out"
    for key in ("include", "exclude"):
        if getattr(model, key) and model.hub not in WITH_FOLDERS:
            yield key, "no choice of files: it is taken whole", "take it out"
    if model.api_key is not None and model.hub not in WITH_KEYS:
        yield "api_key", "no key: such a source is asked without one", "take it out"
