"""A plain file below a folder that others may have written: no link in it is followed."""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK a FIFO would hold its reader until a program writes to it.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def open_plain(folder: str, path: str) -> BinaryIO:
    """Open a plain file below a folder for reading.

    Raises
    ------
    OSError
        There is no such file, the path leads out of the folder, or something else is in its place.

    """
    parts = path.split("/")
    if not path.isprintable() or {"", ".", ".."} & set(parts):
        raise OSError(errno.EINVAL, "the path leads out of it")
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            below = os.open(part, _FOLDER, dir_fd=at)
            os.close(at)
            at = below
        fd = os.open(parts[-1], _FILE, dir_fd=at)
    finally:
        os.close(at)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, "it is not a file")
    return open(fd, "rb")
