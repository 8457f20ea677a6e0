"""What is wrong with the disk of a path: full, out of inodes, read-only, or failing.

One sentence for each, with what a person can do. `RESERVE` of a filesystem is kept free, so that
Docker, logs and control files of a transfer can still be written.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

RESERVE = 64 << 20
"""Bytes that a fetch leaves free at least."""

SHARE = 50
"""A fetch also needs one of this many parts of its size, for the filesystem's own blocks."""

BROKEN = {errno.EIO, errno.ENODEV, errno.ENXIO, errno.EUCLEAN, errno.ESHUTDOWN}


def needed(size: int) -> int:
    """Return the free bytes that are needed to write `size` bytes; nothing for nothing."""
    return size + max(RESERVE, size // SHARE) if size else 0


def existing(path: Path) -> Path:
    """Return the path, or the nearest folder above it that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def mount_of(path: Path) -> str:
    """Return the mount point that a path is on."""
    path = existing(path)
    while not os.path.ismount(str(path)):
        path = path.parent
    return str(path)


def free(path: Path) -> int:
    """Return the bytes that root can still write, reserved blocks left out as `df` does."""
    room = os.statvfs(str(existing(path)))
    return room.f_bavail * room.f_frsize


def is_low(path: Path) -> bool:
    """Tell whether a filesystem is almost full: aria2's cache would not fit any more."""
    try:
        room = os.statvfs(str(existing(path)))
    except OSError:
        return False
    return free(path) < RESERVE // 2 or bool(room.f_files and not room.f_favail)


def full(path: Path, need: int = 0) -> str:
    """Return the sentence about a filesystem without room; `need`: bytes still to be written."""
    room = os.statvfs(str(existing(path)))
    where = mount_of(path)
    if room.f_files and not room.f_favail:
        return f"no inodes are left on {where}: remove files there, then run again"
    wanted = f", {-(-needed(need) >> 20)} MiB are needed" if need else ""
    return (
        f"no space left on {where}: {free(path) >> 20} MiB are free{wanted}; free some "
        "(`jetfleet prune` removes unused models), then run again"
    )


def read_only(path: Path) -> str:
    """Return the sentence about a filesystem that cannot be written."""
    return f"{mount_of(path)} is read-only: look at `dmesg`, run fsck or replace the disk"


def trouble(number: int, path: Path, need: int = 0) -> str:
    """Return the sentence about an error number of a write; empty if the disk is not the cause."""
    if number in {errno.ENOSPC, errno.EDQUOT}:
        return full(path, need)
    if number == errno.EROFS:
        return read_only(path)
    if number in BROKEN:
        return (
            f"the disk of {mount_of(path)} fails ({os.strerror(number)}): look at `dmesg`, run "
            "fsck or replace the disk"
        )
    return ""
