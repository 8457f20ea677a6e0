"""Lines of ours in a file of the system, between two marks; all other lines stay as they are."""

from __future__ import annotations

import os
import sys
from typing import Any, Mapping

from jetfleet.board.place import Owner, Unsafe, place_of

LARGEST = 1 << 20


def laid_in(text: str, begin: str, end: str, lines: list[str], keep: str) -> str:
    """Return a text with these lines between the marks, or without the marks if it gets no lines.

    A block that has no end, as after an edit by hand, is taken to be its first mark alone. Lines of
    a block that begin with the word `keep` stay in it, unless it is empty.
    """
    kept = text.splitlines()
    while begin in kept:
        first = kept.index(begin)
        rest = kept[first + 1 :]
        last = first + 1 + rest.index(end) if end in rest else first
        lines = [*lines, *(one for one in kept[first:last] if keep and one.split()[:1] == [keep])]
        del kept[first : last + 1]
    block = [begin, *lines, end] if lines else []
    return "".join(f"{line}\n" for line in [*kept, *block])


def write(job: Mapping[str, Any]) -> None:
    """Write the file of a job, with the owner and the mode that it had."""
    folder, name = os.path.split(job["path"])
    with place_of(folder) as place:
        found = place.stat(name)
        old = place.read(name, LARGEST).decode("utf-8", "surrogateescape") if found else ""
        new = laid_in(old, job["begin"], job["end"], job["lines"], job.get("keep", ""))
        mode = found.st_mode & 0o7777 if found else 0o644
        owner = Owner(found.st_uid, found.st_gid) if found else Owner(0, 0)
        place.write(name, new.encode("utf-8", "surrogateescape"), mode=mode, owner=owner)


def main(job: Mapping[str, Any]) -> None:
    """Lay `lines` between `begin` and `end` into the file `path`; see `laid_in` for `keep`."""
    os.umask(0o022)
    try:
        write(job)
    except Unsafe as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{job['path']} cannot be written: {error.strerror}")
