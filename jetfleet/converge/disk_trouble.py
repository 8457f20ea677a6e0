"""What is wrong with a board's disks, said beside an error that a full or broken disk caused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.steps import Refused
from jetfleet.steps.program import run_program

if TYPE_CHECKING:
    from collections.abc import Callable

    from jetfleet.steps import Result

_FULL = re.compile("no space left on device|disk quota exceeded", re.IGNORECASE)
_BROKEN = re.compile(
    "read-only file system|input/output error|structure needs cleaning", re.IGNORECASE
)
_DONE = re.compile("look at `dmesg`|free some|remove files there")
"""The error says already what to do."""

_PATH = re.compile(r"""(?<=['"])/[^'"\n]{1,500}(?=['"])|(?<![\w./])/[\w./@+-]{1,500}""")
"""A path in an error: in quotes, or of plain characters."""

_MOST_PATHS = 20

SECONDS = 20


def disk_trouble(said: str, query: Callable[[str, str], Result]) -> str:
    """Return a sentence for each disk that is full or read-only, if an error speaks of one.

    Parameters
    ----------
    said:
        The error.
    query:
        Runs a script on the board that only reads, with a title.

    """
    full = _FULL.search(said)
    if _DONE.search(said) or not (full or _BROKEN.search(said)):
        return ""
    what = "full" if full else "read-only"
    job = {"what": what, "paths": sorted(set(_PATH.findall(said)))[:_MOST_PATHS]}
    script = run_program("mounts.py", "disk.py", "disks.py", job=job, seconds=SECONDS)
    try:
        found = query(script, "Look at the disks").out.splitlines()
    except Refused:
        found = []
    return "; ".join(found) or (
        "no disk is full or read-only any more: look at `df`, `df -i` and `dmesg` on the board, "
        "then run again"
    )
