"""Takes files of a bundle that lies on the board, such as one on a USB disk.

The job: `bundle`, its folder; `index`, the SHA-256 that its index must have; `purpose`, such as
``wheels``; `to`, the folder that gets the files, or empty: then only their sizes are checked.

The disk may be another's: nothing of it is believed before its hash is right, and no link is
followed.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from typing import Any, BinaryIO, Mapping

from jetfleet.board.foreign_json import UnreadableJson, read_object

INDEX = "bundle.json"
MOST = 64 << 20
"""Bytes of an index."""

CHUNK = 1 << 20
NEW = ".jetfleet-new"


class Wrong(Exception):
    """The bundle is not the one that the lock has; the text names the file."""


def open_plain(folder: str, path: str) -> BinaryIO:
    """Open a plain file below a folder; raise Wrong for anything else."""
    parts = path.split("/")
    if not path.isprintable() or {"", ".", ".."} & set(parts):
        raise Wrong("its index names a path outside of it")
    at = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = below
        fd = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror})"
        raise Wrong(msg) from None
    finally:
        os.close(at)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        msg = f"{path} is not a file"
        raise Wrong(msg)
    return open(fd, "rb")


def read_index(folder: str, sha256: str) -> list[Mapping[str, Any]]:
    """Return the files that an index lists; raise Wrong if it has another hash."""
    with open_plain(folder, INDEX) as file:
        content = file.read(MOST + 1)
    if hashlib.sha256(content).hexdigest() != sha256:
        msg = f"{INDEX} is not the index that the lock names"
        raise Wrong(msg)
    found: dict[str, Any] = read_object(content.decode("utf-8", "replace"))
    return list(found["files"])


def check_size(folder: str, one: Mapping[str, Any]) -> None:
    """Raise Wrong unless a file is there in its size."""
    with open_plain(folder, one["path"]) as file:
        if os.fstat(file.fileno()).st_size != one["size"]:
            msg = "{} differs from the index".format(one["path"])
            raise Wrong(msg)


def copy(folder: str, one: Mapping[str, Any], to: str) -> None:
    """Put a file into a folder under the last part of its path; raise Wrong if its hash differs."""
    place = os.path.join(to, one["path"].rpartition("/")[2])
    with open_plain(folder, one["path"]) as file:
        if os.path.lexists(place + NEW):
            os.unlink(place + NEW)
        seen = hashlib.sha256()
        with open(place + NEW, "xb") as new:
            while True:
                chunk = file.read(CHUNK)
                if not chunk:
                    break
                seen.update(chunk)
                new.write(chunk)
            new.flush()
            os.fsync(new.fileno())
    if seen.hexdigest() != one["sha256"]:
        os.unlink(place + NEW)
        msg = "{} differs from the index".format(one["path"])
        raise Wrong(msg)
    os.rename(place + NEW, place)


def take(job: Mapping[str, Any]) -> None:
    """Check or copy the files for a purpose; raise Wrong."""
    folder, to = job["bundle"], job["to"]
    files = [one for one in read_index(folder, job["index"]) if job["purpose"] in one["for"]]
    if not files:
        raise Wrong(f"it has nothing for {job['purpose']}")
    if to:
        os.makedirs(to, exist_ok=True)
    for one in files:
        if to:
            copy(folder, one, to)
        else:
            check_size(folder, one)


def main(job: Mapping[str, Any]) -> None:
    """Take what the job says; a failure names the file."""
    os.umask(0o022)
    try:
        take(job)
    except (Wrong, UnreadableJson, KeyError, TypeError) as error:
        sys.exit(f"the bundle {job['bundle']}: {error}: copy it to the board again")
    except OSError as error:
        where = error.filename or job["to"]
        sys.exit(f"the bundle {job['bundle']}: {where}: {error.strerror}: is its disk mounted?")
