"""Files below the folder of a bundle: no link leads out of it."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

_PIECE = 8 << 20


def open_plain(folder: Path, path: str) -> BinaryIO:
    """Open a plain file below a folder for reading; links are not followed.

    Raises
    ------
    OSError
        There is no such file, or a link or something else is in its place.

    """
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        *above, last = path.split("/")
        for name in above:
            flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
            below = os.open(name, flags, dir_fd=at)
            os.close(at)
            at = below
        fd = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
    finally:
        os.close(at)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(0, "it is not a file")
    return os.fdopen(fd, "rb")


def sha256_of(file: BinaryIO) -> str:
    """Return the hash of all that is left of a file; other boards are served in between."""
    seen = hashlib.sha256()
    while piece := file.read(_PIECE):
        seen.update(piece)
        time.sleep(0)
    return seen.hexdigest()
