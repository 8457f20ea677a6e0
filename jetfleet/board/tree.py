"""Two folders, compared file by file: kinds, modes, owners, times, links, attributes and sizes."""

from __future__ import annotations

import os
import stat
from typing import Iterator


def first_difference(one: str, other: str, fd: int) -> str:
    """Return what differs first, empty if nothing does.

    Parameters
    ----------
    fd:
        A descriptor of the folder `other`, to which its path may lead.

    """
    links: dict[tuple[int, int], int] = {}
    for path in walk(one):
        mine = os.lstat(os.path.join(one, path))
        try:
            its = os.stat(path or ".", dir_fd=fd, follow_symlinks=False)
        except FileNotFoundError:
            return f"{path} is missing"
        if about(mine) != about(its):
            return f"{path} has another kind, mode, owner, size or time"
        if stat.S_ISLNK(mine.st_mode):
            if os.readlink(os.path.join(one, path)) != os.readlink(path, dir_fd=fd):
                return f"the link {path} leads elsewhere"
            continue
        # The first name of a file says which file of the copy all its other names must be.
        if mine.st_nlink > 1 and stat.S_ISREG(mine.st_mode):
            first = links.setdefault((mine.st_dev, mine.st_ino), its.st_ino)
            if first != its.st_ino:
                return f"{path} is no longer the same file as its other names"
        if attributes(os.path.join(one, path)) != attributes(os.path.join(other, path)):
            return f"{path} has other attributes"
    return ""


def walk(top: str) -> Iterator[str]:
    """Yield the paths of all entries below a folder, itself first as an empty one."""
    device = os.lstat(top).st_dev
    waiting = [""]
    while waiting:
        path = waiting.pop()
        yield path
        with os.scandir(os.path.join(top, path)) as entries:
            for entry in entries:
                below = os.path.join(path, entry.name)
                if entry.is_dir(follow_symlinks=False):
                    if entry.stat(follow_symlinks=False).st_dev == device:
                        waiting.append(below)
                else:
                    yield below


def about(found: os.stat_result) -> tuple[int, ...]:
    """Return what must be equal of an entry and of its copy."""
    size = found.st_size if stat.S_ISREG(found.st_mode) else 0
    return (found.st_mode, found.st_uid, found.st_gid, found.st_rdev, size, found.st_mtime_ns)


def attributes(path: str) -> dict[str, bytes]:
    """Return the extended attributes of a file, itself and not what it links to."""
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:
        return {}  # a filesystem without any
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in names}
