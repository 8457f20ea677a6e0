"""Files as they are, kept whole: content, owner, mode and links, or that nothing is there."""

from __future__ import annotations

import base64
import os
import stat
from typing import Any, Dict

from jetfleet.board.mark import is_marked, mark
from jetfleet.board.place import MOST_LINKS, NEW, Owner, Unsafe, place_of

MOST = 1 << 20
"""Bytes of a file: settings are text."""

Entry = Dict[str, Any]
"""A file, a link, or that nothing is at a path; as JSON."""


def entry_of(path: str, own: bool = False) -> Entry:  # noqa: FBT001, FBT002
    """Return what is at a path, itself and not what it links to; raise Unsafe for a folder.

    Of an `own` file, which jetfleet alone writes, something else than a file counts as absent.
    """
    folder, name = os.path.split(path)
    try:
        place = place_of(folder)
    except FileNotFoundError:
        return {"path": path, "kind": "absent"}
    with place:
        found = place.stat(name)
        if found is None:
            return {"path": path, "kind": "absent"}
        if stat.S_ISLNK(found.st_mode):
            target = os.readlink(name, dir_fd=place.fd)
            return {"path": path, "kind": "link", "target": target}
        if own and not stat.S_ISREG(found.st_mode):
            return {"path": path, "kind": "absent"}
        if not stat.S_ISREG(found.st_mode):
            raise Unsafe(f"{path} is not a plain file: move it away, then run again")
        return {
            "path": path,
            "kind": "file",
            "mode": stat.S_IMODE(found.st_mode),
            "owner": [found.st_uid, found.st_gid],
            "marked": is_marked(place, name),
            "content": base64.b64encode(place.read(name, MOST)).decode(),
        }


def saved(path: str, own: bool = False) -> list[Entry]:  # noqa: FBT001, FBT002
    """Return what is at a path; of a link, also what it leads to."""
    entries: list[Entry] = []
    for _ in range(MOST_LINKS):
        entries.append(entry_of(path, own))
        if entries[-1]["kind"] != "link":
            return entries
        path = os.path.normpath(os.path.join(os.path.dirname(path), entries[-1]["target"]))
    raise Unsafe(f"{path} leads through too many links: replace the link by the file")


def put_back(entries: list[Entry]) -> bool:
    """Make paths what they were; return whether one of them differed."""
    differed = [one for one in entries if not is_same(one)]
    for one in differed:
        put_one_back(one)
    return bool(differed)


def is_same(entry: Entry) -> bool:
    """Tell whether a path is still what it was."""
    try:
        return entry_of(entry["path"]) == entry
    except Unsafe:
        return False


def put_one_back(entry: Entry) -> None:
    """Make one path what it was, by rename: readers see the old one or the new one whole."""
    folder, name = os.path.split(entry["path"])
    with place_of(folder, make=True) as place:
        if entry["kind"] == "absent":
            place.remove(name)
            os.fsync(place.fd)
        elif entry["kind"] == "link":
            place.clear(NEW)
            os.symlink(entry["target"], NEW, dir_fd=place.fd)
            place.rename(NEW, name)
        else:
            content = base64.b64decode(entry["content"])
            place.write(name, content, mode=entry["mode"], owner=Owner(*entry["owner"]))
            if entry.get("marked"):
                mark(place, name)
