"""Files that other programs have put on the board, taken for a model instead of fetched again.

Other users may write where these files lie. So nothing here believes a name or a folder: what is
taken counts only once its own hash is right, in a folder of root.
"""

from __future__ import annotations

import glob
import os
import shutil
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Iterator, Mapping

if TYPE_CHECKING:
    from pathlib import Path

WRITABLE = stat.S_IWGRP | stat.S_IWOTH
CHUNK = 1 << 20


def places(elsewhere: Mapping[str, Any], path: str, sha256: str) -> Iterator[str]:
    """Yield the real paths at which a file may lie.

    Parameters
    ----------
    elsewhere:
        `folder`: one with the same files, or empty; `caches`: folders whose files are named by
        their hash, with ``*`` for any name.

    """
    if elsewhere.get("folder"):
        yield os.path.realpath(os.path.join(elsewhere["folder"], path))
    for cache in elsewhere.get("caches", ()):
        for name in (sha256, "sha256-" + sha256):
            yield from map(os.path.realpath, sorted(glob.glob(os.path.join(cache, name))))


def take(known: str, new: Path, size: int) -> bool:
    """Put a file in place under a new name; return whether it is there.

    It is a link where root alone may write the file, and else a copy, which nothing changes later.
    """
    try:
        fd = os.open(known, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode) or found.st_size != size:
        os.close(fd)
        return False
    with open(fd, "rb") as content:
        if found.st_uid == 0 and not found.st_mode & WRITABLE:
            with suppress(OSError):  # another filesystem, or one without links
                os.link(known, str(new), follow_symlinks=False)
                return True
        with open(str(new), "xb") as copy:
            shutil.copyfileobj(content, copy, CHUNK)
    return True
