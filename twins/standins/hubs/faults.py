"""What goes wrong on purpose, told over the control address."""

from __future__ import annotations

import dataclasses
import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong with replies to requests whose `host/path` matches.

    `times`: how often, `None` for always. `status`: answer this instead, with `retry_after`
    seconds. `cut`: end the connection after so many bytes of the body. `flip`: invert the byte at
    this place of the file. `ignore_range`: send all, with 200. `rate`: bytes a second. `length`:
    add this to the Content-Length that is announced, then end the connection.
    """

    match: str = "*"
    times: int | None = 1
    status: int | None = None
    retry_after: int | None = None
    cut: int | None = None
    flip: int | None = None
    ignore_range: bool = False
    rate: int | None = None
    length: int = 0

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Fault:
        """Take a fault from JSON; raises `ValueError` that names a field that does not exist."""
        unknown = written.keys() - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise ValueError(f"a fault has no field {', '.join(sorted(unknown))}")
        return cls(**written)


class Faults:
    """The faults that are waiting; the first that matches is taken."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Have a fault wait, behind those that are there."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._waiting.clear()

    def listed(self) -> list[dict[str, Any]]:
        """Return what still waits, as JSON."""
        with self._lock:
            return [dataclasses.asdict(fault) for fault in self._waiting]

    def take(self, place: str) -> Fault | None:
        """Take the fault for a request to `host/path`, once less if it is counted."""
        with self._lock:
            for number, fault in enumerate(self._waiting):
                if not fnmatchcase(place, fault.match):
                    continue
                if fault.times is not None:
                    left = dataclasses.replace(fault, times=fault.times - 1)
                    self._waiting[number : number + 1] = [left] if left.times else []
                return fault
        return None
