"""Check which keys of a model go with its source; no host is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.spec.problem import Problem

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


_NOT_TAKEN = {
    "sha256": ("no hash, because its hub lists the hashes", "remove it"),
    "include": ("no choice of files, because all of them are downloaded", "remove it"),
    "exclude": ("no choice of files, because all of them are downloaded", "remove it"),
    "api_key": ("no key, because such a source needs none", "remove it"),
}
"""Keys that only some sources accept: what is expected of the others, and the remedy."""


def _wrong_keys(model: ModelSpec) -> Iterator[tuple[str, str, str]]:
    form = model.source.form
    for key, (expected, remedy) in form.needed.items():
        if not getattr(model, key):
            yield key, expected, remedy
    for key, (expected, remedy) in _NOT_TAKEN.items():
        if getattr(model, key) and key not in form.keys:
            yield key, expected, remedy
