"""The reader of events."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, get_args

from pydantic import TypeAdapter, ValidationError

from jetfleet.errors import FleetError
from jetfleet.events.event import AnyEvent, Event
from jetfleet.events.files import event_file
from jetfleet.text import read_object

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class EventReader:
    """Reads a host's events as they are written; each call of `new` continues after the last."""

    def __init__(self, folder: Path, host: str) -> None:
        self._path = event_file(folder, host)
        self._offset = 0

    def new(self) -> Iterator[Event]:
        """Yield the events since the last call; a line that is still being written is left.

        Raises
        ------
        FleetError
            A line is not an event that this jetfleet knows how to read.

        """
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            lines, newline, _ = file.read().rpartition(b"\n")
        self._offset += len(lines) + len(newline)
        for line in lines.splitlines():
            event = self._event(line)
            if event is not None:
                yield event

    def _event(self, line: bytes) -> Event | None:
        try:
            values = read_object(line)
            # Kinds of events may be added within a schema number, as fields may.
            if values["schema"] == 2 and values["event"] not in _kinds():  # noqa: PLR2004
                return None
            return _adapter().validate_python(values)
        except (ValueError, LookupError, TypeError, ValidationError) as error:
            raise FleetError(
                f"{self._path} has a line that this jetfleet cannot read: another version wrote "
                "it, or it was edited; run again with this version"
            ) from error


def events_of(folder: Path, host: str) -> Iterator[Event]:
    """Yield all events of a host, in order; see `EventReader.new`."""
    yield from EventReader(folder, host).new()


@cache
def _adapter() -> TypeAdapter[Event]:
    return TypeAdapter(AnyEvent)


@cache
def _kinds() -> frozenset[str]:
    return frozenset(kind.model_fields["event"].default for kind in get_args(Event))
