"""The files of the dead man's switch, in a folder that only root can enter."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

from jetfleet.board.entry import is_plain
from jetfleet.board.foreign_json import UnreadableJson, read_object
from jetfleet.board.place import Unsafe, place_of

ARMED, SAVED, CHANGED, BACK = "armed.json", "saved.json", "changed.json", "back.json"
LATER, CHANGING, LAUNCH, UNDO, CHANGE = (
    "later.json",
    "changing.json",
    "launch.py",
    "undo.sh",
    "change.sh",
)
OF_ONE_CHANGE = (ARMED, SAVED, CHANGED, LATER, CHANGING, LAUNCH, UNDO, CHANGE)
"""What is removed when a change is confirmed or undone; the first one says that it is not yet."""

LOCK, BUSY = "lock", "busy"

MOST = 8 << 20
"""Bytes of one of them."""


def uptime() -> float:
    """Return seconds since the boot."""
    with open("/proc/uptime", encoding="ascii") as text:
        return float(text.read().split()[0])


def boot() -> str:
    """Return what identifies this boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


class State:
    """The files of the switch in a folder."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        with place_of(folder, make=True) as own:
            os.fchmod(own.fd, 0o700)

    def path(self, name: str) -> str:
        """Return the path of one of its files."""
        return os.path.join(self.folder, name)

    def write(self, name: str, text: str) -> None:
        """Write one of its files whole; only root can read it."""
        if os.path.isdir(self.path(name)):
            self.remove(name)
        with place_of(self.folder) as place:
            place.write(name, text.encode(), mode=0o600)

    def read(self, name: str) -> dict[str, Any]:
        """Return the JSON object in one of its files; an empty one without it."""
        try:
            with place_of(self.folder) as place:
                return read_object(place.read(name, MOST), size=MOST)
        except (OSError, Unsafe, UnreadableJson):
            return {}

    @property
    def armed(self) -> dict[str, Any]:
        """What is noted of the change that waits; empty without one.

        Of a file that is damaged there is what is needed to undo the change.
        """
        if not os.path.lexists(self.path(ARMED)):
            return {}
        found = self.read(ARMED)
        known = {"id": "", "name": "a change", "work": 0, "until": 0.0, "boot": boot()}
        return {
            name: found[name] if isinstance(found.get(name), type(value)) else value
            for name, value in [*known.items(), ("detached", False), ("undoing", False)]
        }

    def remove(self, *names: str) -> None:
        """Remove some of its files, whatever is in their place."""
        with place_of(self.folder) as place:
            for name in names:
                place.clear(name)

    def wait_for_work(self, late: float) -> None:
        """Wait until the change is made: it is not undone while it is at work.

        Parameters
        ----------
        late:
            Seconds to wait then for a confirmation, if the change was at work.

        """
        armed = self.armed
        if armed.get("boot") != boot():
            return
        with self.locked(BUSY, 0) as free:
            pass
        if free:
            return
        with self.locked(BUSY, armed["work"]) as ended:
            end = time.monotonic() + late if ended else 0.0
        while time.monotonic() < end and self.armed.get("id") == armed["id"]:
            time.sleep(0.5)

    @contextmanager
    def locked(self, name: str, seconds: float) -> Iterator[bool]:
        """Hold a lock, and say so; after `seconds` go on without it."""
        if not is_plain(Path(self.path(name))):
            self.remove(name)
        with open(self.path(name), "a", encoding="ascii") as file:
            end = time.monotonic() + seconds
            held = False
            while not held:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    held = True
                except OSError:
                    if time.monotonic() > end:
                        break
                    time.sleep(0.2)
            yield held
