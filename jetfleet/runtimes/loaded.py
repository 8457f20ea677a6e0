"""The weights that a server loads beside its own model: draft models, adapters, projectors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jetfleet.spec.option_paths import models_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.memory.need import Weights
    from jetfleet.runtimes.subject import Subject


def with_loaded(
    subject: Subject, weights: Weights, flags: Mapping[str, Any], options: frozenset[str]
) -> Weights:
    """Return the weights of a model and of the models that these `options` name beside it."""
    loading = {name: flags[name] for name in flags if name.partition(".")[0] in options}
    names = dict.fromkeys(name for name in models_in(loading, {}) if name != weights.name)
    more = sum(subject.weights(name).bytes or 0 for name in names)
    return weights if weights.bytes is None else replace(weights, bytes=weights.bytes + more)
