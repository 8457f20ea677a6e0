"""A YAML file as a tree of values with their positions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.spec.position import SourceEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.spec.position import KeyPath, SourceMap


@dataclass(frozen=True)
class Value:
    """A mapping, a list or a scalar of a spec, and its position (that of its key, if any)."""

    written: SourceEntry
    data: dict[str, Value] | list[Value] | str | float | bool | None

    @property
    def children(self) -> dict[str, Value]:
        """The items of a mapping; empty for other values."""
        return self.data if isinstance(self.data, dict) else {}

    def items(self) -> Iterator[tuple[str | int, Value]]:
        """Yield the items of a mapping or a list with their keys or positions."""
        if isinstance(self.data, dict):
            yield from self.data.items()
        elif isinstance(self.data, list):
            yield from enumerate(self.data)

    def walk(self, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Value]]:
        """Yield this value and all values in it, each with its path from here."""
        yield path, self
        for key, item in self.items():
            yield from item.walk((*path, key))

    def plain(self) -> Any:  # noqa: ANN401 - any JSON value
        """Return the value as plain dicts, lists and scalars."""
        if isinstance(self.data, dict):
            return {key: item.plain() for key, item in self.data.items()}
        if isinstance(self.data, list):
            return [item.plain() for item in self.data]
        return self.data


def merge(base: Value, over: Value) -> Value:
    """Return `base` overlaid with `over`: mappings are merged, other values replaced."""
    if not isinstance(base.data, dict) or not isinstance(over.data, dict):
        return over
    merged = dict(base.data)
    for key, item in over.data.items():
        merged[key] = merge(merged[key], item) if key in merged else item
    return Value(over.written, merged)


def value_at(places: SourceMap, path: KeyPath, data: object) -> Value:
    """Return the loaded `data` of `path` as a tree, with the position of each value.

    What was not written has the position of the nearest written value around it.
    """
    known = places.has(path)
    written = places.written(path) if known else SourceEntry(places.of(path), path)
    if isinstance(data, Mapping):
        items = {key: value_at(places, (*path, key), item) for key, item in data.items()}
        return Value(written, items)
    if isinstance(data, (list, tuple)):
        return Value(written, [value_at(places, (*path, n), item) for n, item in enumerate(data)])
    return Value(written, data)  # type: ignore[arg-type] # a scalar of the file
