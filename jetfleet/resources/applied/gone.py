"""What has left the spec: entries of a board's record that its deploy no longer wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.resources.applied.images import is_reference, is_tag
from jetfleet.resources.applied.ours import (
    belongs,
    is_path,
    is_service,
    is_unit,
    path_of,
    unit_of,
)
from jetfleet.resources.applied.record import is_data
from jetfleet.resources.host_names import HOSTS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from jetfleet.resources.applied.record import Entries

UNIT_FILES = "/etc/systemd/system"


@dataclass(frozen=True)
class Gone:
    """One resource that an apply has put on the board and the spec no longer has.

    Parameters
    ----------
    kind, name:
        Of the resource; the name of a file is its path.
    sha256:
        Hashes of what jetfleet wrote in a file.
    read_by:
        Services that read a file when they start.
    guard:
        Of a file: its removal could cut the board off.
    tag:
        That an image was given.
    begun:
        No apply that wanted it came to its end: it may not be there, or be another's.

    """

    kind: str
    name: str
    sha256: tuple[str, ...] = ()
    read_by: tuple[str, ...] = ()
    begun: bool = False
    guard: bool = False
    tag: str = ""

    @property
    def key(self) -> str:
        """The key of the resource."""
        return f"{self.kind}:{self.name}"

    @property
    def is_data(self) -> bool:
        """Whether it holds data, and is removed only in a run with `prune`."""
        return is_data(self.key)

    @property
    def path(self) -> str:
        """The path of the file that it is; empty if it is not one file."""
        return path_of(self.kind, self.name)

    @property
    def cuts(self) -> bool:
        """Whether its removal could cut the board off."""
        return self.guard or self.kind in {"network", "access"}

    @property
    def unit(self) -> str:
        """Its unit; empty if it runs nothing."""
        return unit_of(self.kind, self.name)


def gone(entries: Entries, keep: Collection[str], deploy: str) -> tuple[Gone, ...]:
    """Return what only this deploy wanted and no longer wants, if jetfleet may remove its kind.

    Parameters
    ----------
    keep:
        Keys of the resources that the deploy wants.

    """
    found = (
        _gone(key, entry)
        for key, entry in sorted(entries.items())
        if key not in keep and set(entry.get("by", ())) <= {deploy}
    )
    return tuple(
        one for one in found if _is_removable(one, keep) and _is_written(one.unit, entries)
    )


def _is_written(unit: str, entries: Entries) -> bool:
    """Tell whether jetfleet may have written a unit: one that it only started is another's."""
    ours = not unit or unit.startswith("jetfleet-")
    return ours or f"file:{UNIT_FILES}/{unit}" in entries


def is_removable(key: str) -> bool:
    """Tell whether any apply removes a resource, by its key, once the spec no longer has it."""
    return not is_data(key) and _is_removable(_gone(key, {}), ())


def _gone(key: str, entry: Mapping[str, Any]) -> Gone:
    kind, _, name = key.partition(":")
    tag = entry.get("tag", "")
    return Gone(
        kind,
        name,
        sha256=tuple(entry.get("sha256", ())),
        read_by=tuple(filter(is_unit, entry.get("read_by", ()))),
        begun=bool(entry.get("begun")),
        guard=kind == "file" and bool(entry.get("guard")),
        tag=tag if is_tag(tag) else "",
    )


def _is_removable(one: Gone, keep: Collection[str]) -> bool:
    if one.path:
        return is_path(one.path)
    if one.is_data:
        return is_reference(one.name) if one.kind == "image" else is_path(one.name)
    if one.kind == "names":
        return one.name == HOSTS
    if one.kind == "venv":
        return is_service(one.name)
    # A record that was written by hand must not name a unit that the spec has under another key.
    return bool(one.unit) and f"file:{UNIT_FILES}/{one.unit}" not in keep


def running(found: Iterable[Gone]) -> Iterator[Gone]:
    """Yield what runs, each with the files that are of nothing else, in the order of removal."""
    listed = list(found)
    runs = [one for one in listed if one.unit]
    yield from runs
    files = [one for one in listed if any(_is_of(one, other) for other in runs)]
    yield from sorted(files, key=_order)


def _order(file: Gone) -> tuple[bool, bool]:
    """Return the place of a file: the unit is first, secrets are last."""
    return file.name.endswith("/env"), not file.name.startswith(UNIT_FILES)


def resting(found: Iterable[Gone]) -> Iterator[Gone]:
    """Yield what does not run, and is not of something that runs and goes too."""
    listed = list(found)
    runs = [one for one in listed if one.unit]
    rest = (one for one in listed if not one.unit)
    yield from (one for one in rest if not any(_is_of(one, other) for other in runs))


def _is_of(one: Gone, other: Gone) -> bool:
    return one.kind == "file" and belongs(one.name, other.kind, other.name)
