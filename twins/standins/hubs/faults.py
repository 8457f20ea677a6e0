"""Faults on purpose, which tests order over the control address."""

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
    seconds. `cut`: end the connection after this number of bytes of the body. `flip`: invert the
    byte at this place of the file. `ignore_range`: send everything, with 200. `rate`: bytes a
    second. `length`: add this to the announced Content-Length, then end the connection. `client`:
    only for requests from this address.
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
    client: str = ""

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> Fault:
        """Read a fault from JSON; raise `ValueError`, which names an unknown field."""
        unknown = written.keys() - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise ValueError(f"a fault has no field {', '.join(sorted(unknown))}")
        return cls(**written)


class Faults:
    """The pending faults; the first that matches a request is used."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Add a fault behind the pending ones."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._waiting.clear()

    def listed(self) -> list[dict[str, Any]]:
        """Return the pending faults, as JSON."""
        with self._lock:
            return [dataclasses.asdict(fault) for fault in self._waiting]

    def take(self, place: str, client: str = "") -> Fault | None:
        """Return the fault for a request to `host/path`, or None, and count down its `times`."""
        with self._lock:
            for number, fault in enumerate(self._waiting):
                if not fnmatchcase(place, fault.match) or fault.client not in {"", client}:
                    continue
                if fault.times is not None:
                    left = dataclasses.replace(fault, times=fault.times - 1)
                    self._waiting[number : number + 1] = [left] if left.times else []
                return fault
        return None
