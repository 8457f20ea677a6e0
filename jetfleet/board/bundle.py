"""Takes files of a bundle that lies on the board, such as one on a USB disk.

The job: `bundle`, its folder; `index`, the SHA-256 that its index must have; `purpose`, such as
``wheels``; `to`, the folder that gets the files, or empty: then only their sizes are checked.

The disk may be another's: nothing of it is believed before its hash is right, and no link is
followed.
"""

from __future__ import annotations

import hashlib
import os
import sys
from typing import Any, BinaryIO, Mapping

from jetfleet.board.foreign_json import UnreadableJson, read_object
from jetfleet.board.plain_file import open_plain
from jetfleet.board.printable import printable

INDEX = "bundle.json"
MOST = 64 << 20
"""Bytes of an index."""

CHUNK = 1 << 20
NEW = ".jetfleet-new"


class Wrong(Exception):
    """The bundle is not the one that the lock has; the text names the file."""


def opened(folder: str, path: str) -> BinaryIO:
    """Open a file of a bundle; raise Wrong with its name if that is not possible."""
    try:
        return open_plain(folder, path)
    except OSError as error:
        if not os.path.isdir(folder):
            raise
        raise Wrong(f"{printable(path)} cannot be read ({error.strerror})") from None


def read_index(folder: str, sha256: str) -> list[Mapping[str, Any]]:
    """Return the files that an index lists; raise Wrong if it has another hash."""
    with opened(folder, INDEX) as file:
        content = file.read(MOST + 1)
    if hashlib.sha256(content).hexdigest() != sha256:
        msg = f"{INDEX} is not the index that the lock names"
        raise Wrong(msg)
    found: dict[str, Any] = read_object(content.decode("utf-8", "replace"))
    return list(found["files"])


def check_size(folder: str, one: Mapping[str, Any]) -> None:
    """Raise Wrong unless a file is there in its size."""
    with opened(folder, one["path"]) as file:
        if os.fstat(file.fileno()).st_size != one["size"]:
            msg = "{} differs from the index".format(one["path"])
            raise Wrong(msg)


def copy(folder: str, one: Mapping[str, Any], to: str) -> None:
    """Put a file into a folder under the last part of its path; raise Wrong if its hash differs."""
    place = os.path.join(to, one["path"].rpartition("/")[2])
    with opened(folder, one["path"]) as file:
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
