"""Puts one file in place by rename: readers see the old one or the new one whole.

The new content is written beside it, where root alone can read it until it has its owner and its
mode, and is synced before and after the rename, so that a power cut leaves no empty file. No link
is followed in a folder that others may write, so that a file can belong to a user in their home.
"""

from __future__ import annotations

import grp
import os
import pwd
import sys
from contextlib import suppress
from typing import Any, Mapping

from jetfleet.board.mark import is_marked, mark
from jetfleet.board.place import Owner, Unsafe, place_of


def owner_of(user: str, group: str) -> Owner:
    """Return the numbers of a user and a group; raise Unsafe if the board does not know them."""
    try:
        return Owner(pwd.getpwnam(user).pw_uid, grp.getgrnam(group).gr_gid)
    except KeyError:
        raise Unsafe(f"the board has no user {user} or no group {group}: add them first") from None


def write(job: Mapping[str, Any]) -> None:
    """Write the file of a job; an empty folder in its place is removed."""
    owner = owner_of(job["owner"], job["group"])
    folder, name = os.path.split(job["path"])
    with place_of(folder, make=True) as place:
        with suppress(OSError):
            os.rmdir(name, dir_fd=place.fd)
        ours = place.stat(name) is None or is_marked(place, name)
        place.write(name, job["text"].encode(), mode=int(job["mode"], 8), owner=owner)
        if ours:
            mark(place, name)


def main(job: Mapping[str, Any]) -> None:
    """Write a file; `job` has its `path`, `text`, `mode` in octal, `owner` and `group`."""
    os.umask(0o022)
    try:
        write(job)
    except Unsafe as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{job['path']} cannot be written: {error.strerror}")
