"""What was read of a board at one time, as it is kept in the folder of a task."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jetfleet.atomic_write import atomic_write

# pydantic reads the annotations at run time
from jetfleet.events.text import Line, Name
from jetfleet.rollout.gates.probed import Record
from jetfleet.rollout.gates.state import BoardState
from jetfleet.text import UnreadableJson, format_json, read_object

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from jetfleet.events.event import BoardRead
    from jetfleet.rollout.here.folder import TaskFolder

Moment = Literal["before", "ready"]
"""Before the first change of a board, or right after the last one."""

_Model = TypeVar("_Model", bound=BaseModel)

_BYTES = 1 << 20
_REPORTED = 5000
"""Characters of JSON of one reading in what a task reports; two of them fit in."""


class Reading(BaseModel):
    """What was read of a board; what was not is None, or missing in `records`.

    Parameters
    ----------
    at:
        Seconds since 1970.
    records:
        What was measured, by service.
    differences:
        Sentences of what a second plan would still change.
    disks, patience:
        Of the spec: filesystems that it puts something on, and seconds that a start may take.

    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: float = 0.0
    services: tuple[Name, ...] = ()
    state: BoardState | None = None
    records: dict[Name, Record] = Field(default_factory=dict)
    differences: tuple[Line, ...] | None = None
    disks: tuple[Name, ...] = ()
    patience: float = 0

    @classmethod
    def of(cls, read: BoardRead) -> Reading:
        """Return what an event says; a part that is not in its form was not read."""
        records = [found for one in read.records if (found := _model(Record, one)) is not None]
        return cls(
            at=read.at,
            services=read.services,
            state=_model(BoardState, read.state),
            records={one.service: one for one in records},
            differences=read.differences,
            disks=read.disks,
            patience=read.patience,
        )

    def joined(self, later: Reading) -> Reading:
        """Return this reading with what a later one adds to it."""
        records = dict(self.records)
        for name, one in later.records.items():
            was = records.get(name)
            probe = was.probe.joined(one.probe) if was else one.probe
            records[name] = one.model_copy(update={"probe": probe})
        return Reading(
            at=self.at,
            services=self.services or later.services,
            state=later.state or self.state,
            records=records,
            differences=self.differences if later.differences is None else later.differences,
            disks=self.disks or later.disks,
            patience=self.patience or later.patience,
        )

    @property
    def reported(self) -> dict[str, Any]:
        """The same as plain values of bounded size: without the state, if that is long."""
        plain = self.model_dump(mode="json")
        for left_out in ((), ("state",), ("state", "records")):
            some = {name: one for name, one in plain.items() if name not in left_out}
            if len(json.dumps(some)) <= _REPORTED:
                return some
        return {"at": self.at}


def keep(folder: TaskFolder, moment: Moment, host: str, reading: Reading) -> None:
    """Write a reading into the folder of a task; OSError if that is not possible."""
    folder.readings.mkdir(mode=0o700, exist_ok=True)
    text = format_json(reading.model_dump(mode="json")) + "\n"
    atomic_write(folder.readings / f"{host}.{moment}.json", text)


def latest(folders: Iterable[TaskFolder], moment: Moment, host: str) -> Reading | None:
    """Return the last reading of a host in the folders of tasks; None without any."""
    found = (_read(one.readings / f"{host}.{moment}.json") for one in folders)
    return max(filter(None, found), key=lambda one: one.at, default=None)


def _read(path: Path) -> Reading | None:
    try:
        if path.stat().st_size > _BYTES:
            return None
        return Reading.model_validate(read_object(path.read_bytes()))
    except (OSError, UnreadableJson, ValidationError):
        return None


def _model(kind: type[_Model], value: object) -> _Model | None:
    try:
        return None if value is None else kind.model_validate(value)
    except ValidationError:
        return None
