"""Follow a run: each host of it as its events come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.events.host import HostRun
from jetfleet.events.interpret import take
from jetfleet.events.read import EventReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from jetfleet.events.event import Event


class Tail:
    """Reads the events of a folder as they are written."""

    def __init__(self, folder: Path, hosts: Sequence[str]) -> None:
        self.hosts = {name: HostRun(name) for name in hosts}
        self._readers = {name: EventReader(folder, name) for name in hosts}

    def skip(self) -> None:
        """Ignore the events that are there already: they are of an earlier phase."""
        for reader in self._readers.values():
            list(reader.new())

    def new(self) -> Iterator[tuple[HostRun, Event]]:
        """Yield each event that has come since, with its host after it."""
        for name, reader in self._readers.items():
            for event in reader.new():
                take(self.hosts[name], event)
                yield self.hosts[name], event
