"""Removing invalid values, so that the rest of a body can be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.spec.services import is_tag
from jetfleet.spec.tree import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jetfleet.spec.position import KeyPath


def drop_invalid(value: Value, wrong: Iterable[KeyPath]) -> Value | None:
    """Return `value` without the values at the paths `wrong`; None if it is wrong as a whole.

    If a path leads to something that was not written, the mapping or list around it is removed.
    """
    # Find all places first, then remove from the last to the first: removing moves later items.
    places = [_written(value, path) for path in wrong]
    for steps in reversed(places):
        if not steps:
            return None
        value = _without(value, steps)
    return value


def _written(value: Value, path: Sequence[str | int]) -> list[str | int]:
    """Return the part of `path` that was written, in the keys of the file."""
    steps: list[str | int] = []
    for step in path:
        if is_tag(step):
            continue
        items = dict(value.items())
        # Services are a mapping in the file and a sequence in the model.
        in_mapping = isinstance(step, int) and isinstance(value.data, dict)
        key = [*items][step] if isinstance(step, int) and in_mapping else step
        if key not in items:
            break
        steps.append(key)
        value = items[key]
    return steps


def _without(value: Value, steps: Sequence[str | int]) -> Value:
    first, rest = steps[0], steps[1:]
    kept = {
        key: _without(item, rest) if key == first else item
        for key, item in value.items()
        if key != first or rest
    }
    data = list(kept.values()) if isinstance(value.data, list) else kept
    return Value(value.written, data)  # type: ignore[arg-type] # keys are those of its own kind
