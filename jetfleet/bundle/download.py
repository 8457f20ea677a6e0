"""Files of a bundle come to its folder: resumed, checked, and renamed into place."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from contextlib import closing
from typing import TYPE_CHECKING

from jetfleet.board.disk import needed
from jetfleet.board.plain_file import open_plain
from jetfleet.bundle.hashed import sha256_of
from jetfleet.bundle.wanted import RangeRefusedError
from jetfleet.errors import FleetError
from jetfleet.hubs.https import HttpError
from jetfleet.text import format_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from jetfleet.bundle.wanted import Wanted

PARTIAL = ".partial"
"""Folder in a bundle with files that are not whole; each is named by its hash."""

_TRIES = 5
"""How often a file is tried in a row without a new byte."""

_EVERY = 5.0
"""Seconds between two lines of progress."""


class WrongFileError(FleetError):
    """A source sends something else than what is locked: another try brings the same."""


def missing_of(wanted: Sequence[Wanted], folder: Path) -> list[Wanted]:
    """Return the files that a folder does not have, or has otherwise; each is read."""
    return [one for one in wanted if not _has(one, folder)]


def _has(one: Wanted, folder: Path) -> bool:
    try:
        with open_plain(str(folder), one.path) as file:
            return os.fstat(file.fileno()).st_size == one.size and sha256_of(file) == one.sha256
    except OSError:
        return False


def check_room(missing: Sequence[Wanted], folder: Path) -> None:
    """Raise `FleetError` unless the disk has room for what is still to come."""
    come = sum(one.size - _have(one, folder) for one in missing)
    free = shutil.disk_usage(folder).free
    if needed(come) > free:
        raise FleetError(
            f"{format_bytes(come)} are still to come, and {folder} has {format_bytes(free)} free: "
            "choose a larger disk with `-o`"
        )


def _partial(one: Wanted, folder: Path) -> Path:
    return folder / PARTIAL / one.sha256


def _have(one: Wanted, folder: Path) -> int:
    path = _partial(one, folder)
    return min(path.stat().st_size, one.size) if path.is_file() and not path.is_symlink() else 0


def download(missing: Sequence[Wanted], folder: Path, say: Callable[[str], None]) -> None:
    """Bring files, one after the other, each checked before it has its name.

    What came before a break stays, and is gone on from.

    Raises
    ------
    FleetError
        A source does not answer, or what it sends has another hash than the lock.

    """
    (folder / PARTIAL).mkdir(parents=True, exist_ok=True)
    for number, one in enumerate(missing, start=1):
        say(f"{number} of {len(missing)}: {one.title}, {format_bytes(one.size)}")
        _complete(one, folder, say)
        place = folder / one.path
        place.parent.mkdir(parents=True, exist_ok=True)
        _partial(one, folder).replace(place)
    shutil.rmtree(folder / PARTIAL)


def _complete(one: Wanted, folder: Path, say: Callable[[str], None]) -> None:
    """Bring one file; try again as long as a try brings something."""
    vain = 0
    while True:
        had = _have(one, folder)
        try:
            _bring(one, folder, say)
        except FleetError as error:
            vain = 0 if _have(one, folder) > had else vain + 1
            if vain >= _TRIES or isinstance(error, WrongFileError) or _is_refusal(error):
                raise
            time.sleep(vain + 1)
        else:
            return


def _bring(one: Wanted, folder: Path, say: Callable[[str], None]) -> None:
    """Complete the partial file; raise `FleetError` if it does not become the right one."""
    path, had = _partial(one, folder), _have(one, folder)
    if path.is_symlink():
        path.unlink()
    if one.source is None:
        raise FleetError(f"{folder / one.path} is missing: put it there")
    try:
        _append(one, path, had, say)
    except RangeRefusedError:
        path.unlink(missing_ok=True)
        _append(one, path, 0, say)
    size = path.stat().st_size
    with path.open("rb") as file:
        found = sha256_of(file)
    if size < one.size:
        raise FleetError(f"{one.title} broke off: run again, it goes on")
    if found != one.sha256:
        path.unlink()
        raise WrongFileError(
            f"{one.title} has another SHA-256 than the lock: what was sent is removed; run again, "
            "and if it stays so, find out why it changed"
        )


def _append(one: Wanted, path: Path, had: int, say: Callable[[str], None]) -> None:
    if one.source is None or (had == one.size and path.exists()):
        return
    said, have = time.monotonic(), had
    with path.open("ab" if had else "wb") as file, closing(one.source(had)) as pieces:
        for piece in pieces:
            have += len(piece)
            if have > one.size:
                path.unlink()
                raise WrongFileError(
                    f"{one.title} is larger than the lock says: what was sent is removed; find out "
                    "why it changed"
                )
            file.write(piece)
            if time.monotonic() - said > _EVERY:
                said = time.monotonic()
                say(f"  {format_bytes(have)} of {format_bytes(one.size)}")
        file.flush()
        os.fsync(file.fileno())


def _is_refusal(error: FleetError) -> bool:
    return isinstance(error, HttpError) and error.is_refusal


def hash_of(content: bytes) -> str:
    """Return the SHA-256 of some bytes."""
    return hashlib.sha256(content).hexdigest()
