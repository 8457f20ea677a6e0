"""Positions of values in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Position:
    """A line and a column of a file, both counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class SourceEntry:
    """The position of a value in the file, and its path there."""

    place: Position
    path: KeyPath

    @property
    def key(self) -> str:
        """The path as text: "boards.thor-kit.power.mode"."""
        return dotted(self.path)


class SourceMap:
    """The position of each effective value of a spec, by its path after merging.

    `("hosts", "thor", "power", "mode")` may be written under the host, a group, its board or the
    defaults. Items of lists are counted from 0.
    """

    def __init__(self, written: Mapping[KeyPath, SourceEntry]) -> None:
        self._written = written

    def of(self, path: KeyPath) -> Position:
        """Return the position of `path`, or of the nearest written value around it."""
        return self.written(path).place

    def written(self, path: KeyPath) -> SourceEntry:
        """Return position and written path of `path`, or of the nearest written value around it."""
        while path not in self._written:
            path = path[:-1]
        return self._written[path]

    def has(self, path: KeyPath) -> bool:
        """Return whether `path` itself was written, or is a default of the models."""
        return path in self._written


def dotted(path: KeyPath) -> str:
    """Return `path` as text: "hosts.thor.groups[0]"."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")
