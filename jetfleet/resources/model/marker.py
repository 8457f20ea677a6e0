"""The marker in a model's folder: written last, it says that every file was verified.

Its first line is JSON about the model; then a line for each file: ``sha256 size mtime path``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MARKER = ".jetfleet"
"""Name of the marker."""

LARGEST_MARKER = 4 << 20
"""Bytes of a marker that are read: enough for 40,000 files."""

_FIELDS = 4
_SIZE = re.compile("[0-9]{1,18}")


@dataclass(frozen=True)
class Marked:
    """What the marker says of one file: hash, size in bytes, and time as `find` prints it."""

    sha256: str
    size: int
    time: str


def header(name: str, revision: str, source: str) -> str:
    """Return the marker's first line."""
    about = {"schema": 1, "name": name, "revision": revision, "source": source}
    return json.dumps(about, sort_keys=True)


def read_marker(lines: Sequence[str]) -> dict[str, Marked]:
    """Return the verified files by path; none without a marker of jetfleet."""
    marked = {}
    for line in lines[1:]:
        fields = line.split(" ", _FIELDS - 1)
        if len(fields) == _FIELDS and _SIZE.fullmatch(fields[1]):
            marked[fields[3]] = Marked(fields[0], int(fields[1]), fields[2])
    return marked
