"""The old folders of a Docker engine whose data were moved: they stay for `jetfleet prune`.

A copy has a mark until the engine has started with it. The mark names the folder that it is of.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Mapping

from jetfleet.board.foreign_json import UnreadableJson, read_json
from jetfleet.board.place import Place, Unsafe, place_of

COPY = ".jetfleet-copy"
"""Behind the name of a copy that is not finished; in a finished one, until the engine uses it."""
MOVED = ".jetfleet-moved"
"""The file in the old folder that names the new one."""
RECORD = "docker-moved"
"""The file that names the old folders, each on a line, beside the record of what was applied."""
MOST = 4096
MOST_RECORD = 1 << 16


def keep_old(new: str, state: str) -> None:
    """Mark the old folder and note it for `jetfleet prune`; take the mark off the copy, in use now.

    Parameters
    ----------
    state:
        The folder of the record.

    """
    with place_of(new) as there:
        if there.stat(COPY) is None:
            return
        old = source_of(there.read(COPY, MOST))
        if old and os.path.isdir(old) and not os.path.samefile(old, new):
            with place_of(old) as folder:
                folder.write(MOVED, json.dumps({"to": new}).encode())
            with place_of(state, make=True) as folder:
                note_old(folder, old)
        there.remove(COPY)


def note_old(folder: Place, old: str) -> None:
    """Add a folder to those that the record names."""
    text = b"" if folder.stat(RECORD) is None else folder.read(RECORD, MOST_RECORD)
    lines = text.decode(errors="surrogateescape").splitlines()
    if old not in lines:
        text = "".join(f"{line}\n" for line in [*lines, old]).encode(errors="surrogateescape")
        folder.write(RECORD, text)


def source_of(mark: bytes) -> str:
    """Return the folder that a mark names; empty if it is damaged."""
    try:
        found = read_json(mark, size=MOST)
    except UnreadableJson:
        return ""
    old = found.get("from") if isinstance(found, dict) else None
    return old if isinstance(old, str) and is_path(old) else ""


def is_path(text: str) -> bool:
    """Tell whether a text is the path of a folder, on one line."""
    return text.startswith("/") and os.path.normpath(text) == text and "\n" not in text


def main(job: Mapping[str, Any]) -> None:
    """Finish a move whose run died after the engine had started: `job` has `new` and `state`."""
    try:
        keep_old(job["new"], job["state"])
    except Unsafe as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error.filename} cannot be written: {error.strerror}")
