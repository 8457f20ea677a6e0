"""A file that a bundle must have, and where it can be had."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jetfleet.bundle.index import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    Source = Callable[[int], Generator[bytes]]
    """Yields the bytes of a file from a byte on; it raises `RangeRefusedError` if it cannot."""


class RangeRefusedError(Exception):
    """A source gives a file only from its beginning."""


@dataclass(frozen=True)
class Wanted:
    """One file.

    Parameters
    ----------
    path:
        In the bundle.
    title:
        What progress and errors call it.
    source:
        Where it comes from; None for one that the user puts there.

    """

    path: str
    size: int
    sha256: str
    purposes: tuple[str, ...]
    title: str
    source: Source | None = None

    @property
    def entry(self) -> Entry:
        """Its line in the index."""
        about = {"path": self.path, "size": self.size, "sha256": self.sha256}
        return Entry.model_validate({**about, "for": self.purposes})


def merged(wanted: Iterable[Wanted]) -> list[Wanted]:
    """Return each file once, for all its purposes, by path."""
    found: dict[str, Wanted] = {}
    for one in wanted:
        known = found.get(one.path, one)
        purposes = tuple(sorted({*known.purposes, *one.purposes}))
        found[one.path] = replace(known, purposes=purposes)
    return [found[path] for path in sorted(found)]
