"""Where in a file a value was written."""

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
    """Where a value was written: its place, and its path in the file as it is written there."""

    place: Position
    path: KeyPath

    @property
    def key(self) -> str:
        """The path as a person reads it: "boards.thor-kit.power.mode"."""
        return dotted(self.path)


class SourceMap:
    """Where each effective value of a spec was written, by its path after merging.

    `("hosts", "thor", "power", "mode")` may have been written under the host, a group, its board
    or the defaults. Items of lists are counted from 0.
    """

    def __init__(self, written: Mapping[KeyPath, SourceEntry]) -> None:
        self._written = written

    def of(self, path: KeyPath) -> Position:
        """Return the place of `path`, or of the nearest thing around it that was written."""
        return self.written(path).place

    def written(self, path: KeyPath) -> SourceEntry:
        """Return place and written path of `path`, or of the nearest thing around it."""
        while path not in self._written:
            path = path[:-1]
        return self._written[path]

    def has(self, path: KeyPath) -> bool:
        """Tell whether `path` itself was written, or is a default of the models."""
        return path in self._written


def dotted(path: KeyPath) -> str:
    """Return `path` as a person reads it: "hosts.thor.groups[0]"."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")
