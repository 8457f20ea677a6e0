"""What is wrong with a board's disks, where an error speaks of a full or broken one."""

from __future__ import annotations

import re

from jetfleet.converge.question import Question
from jetfleet.steps.program import run_program

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


def ask_disks(said: str) -> Question | None:
    """Return the question which disks are full or read-only, if an error speaks of one."""
    full = _FULL.search(said)
    if _DONE.search(said) or not (full or _BROKEN.search(said)):
        return None
    what = "full" if full else "read-only"
    job = {"what": what, "paths": sorted(set(_PATH.findall(said)))[:_MOST_PATHS]}
    return Question(run_program("mounts.py", "disk.py", "disks.py", job=job), SECONDS, _sentence)


def _sentence(printed: str) -> str:
    """Return the sentence for each disk; printed is one a line."""
    return "; ".join(printed.splitlines()) or (
        "no disk is full or read-only any more: look at `df`, `df -i` and `dmesg` on the board, "
        "then run again"
    )
