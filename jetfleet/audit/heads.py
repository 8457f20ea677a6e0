"""The heads of audit logs that this workstation has seen: without them, a cut end does not show.

A file for each board in the user's state folder, ``audit-heads`` (on Linux in
``~/.local/state/jetfleet``).
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from platformdirs import user_state_path

from jetfleet.atomic_write import atomic_write
from jetfleet.text import printable, read_object

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = 1
_GONE = 10
"""How many heads are kept that a log does not have any more."""

_SAID = re.compile(r"([1-9]\d{0,14}) ([0-9a-f]{64})")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Head:
    """The last line of a log when it was seen.

    Parameters
    ----------
    seq:
        Number of the line.
    head:
        SHA-256 of the line.
    seen:
        When, in UTC, ISO 8601.

    """

    seq: int
    head: str
    seen: str

    @classmethod
    def said(cls, text: str) -> Head | None:
        """Return what a board says with its answer; None if it says no head."""
        found = _SAID.fullmatch(text)
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return cls(int(found[1]), found[2], now) if found else None


@dataclass(frozen=True)
class Heads:
    """What is known of one log.

    Parameters
    ----------
    last:
        The newest head.
    gone:
        Heads of lines that were there, and after which a board had a log that is shorter.

    """

    last: Head | None = None
    gone: tuple[Head, ...] = field(default=())

    @property
    def all(self) -> tuple[Head, ...]:
        """All heads."""
        return (*self.gone, *([self.last] if self.last else []))


def file_of(host: str, key: str) -> Path:
    """Return the file for a host.

    Parameters
    ----------
    key:
        The host's public key, so that a board that is flashed again has another file; empty
        without one.

    """
    name = hashlib.sha256(f"{host}\n{key}".encode()).hexdigest()[:24]
    return user_state_path("jetfleet") / "audit-heads" / f"{name}.json"


def read_heads(path: Path) -> Heads:
    """Return what a file says; nothing if it is not there or cannot be read."""
    with suppress(OSError, ValueError, LookupError, TypeError, AttributeError):
        found = read_object(path.read_bytes())
        gone = tuple(_head(one) for one in found["gone"])
        return Heads(_head(found["last"]) if found["last"] else None, gone)
    return Heads()


def note_head(path: Path, host: str, head: Head) -> str:
    """Keep a head that a board has said; return what is wrong with it, or nothing.

    Raises
    ------
    OSError
        The file cannot be written.

    """
    known, wrong = read_heads(path), ""
    last, gone = known.last, known.gone
    if last and (head.seq < last.seq or (head.seq == last.seq and head.head != last.head)):
        wrong = (
            f"the audit log of {host} ends with line {head.seq}, and this workstation has seen "
            f"line {last.seq} of it at {last.seen}: its end was cut off; see `jetfleet log`"
        )
        gone = (*gone, last)[-_GONE:]
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    found: dict[str, Any] = {"schema": SCHEMA, "host": host, "last": asdict(head)}
    atomic_write(path, json.dumps({**found, "gone": [asdict(one) for one in gone]}) + "\n")
    return wrong


def _head(found: Any) -> Head:  # noqa: ANN401 - as it is in the file
    if not _HASH.fullmatch(found["head"]):
        raise ValueError(found["head"])
    return Head(int(found["seq"]), found["head"], printable(str(found["seen"]))[:30])
