"""Programs that run on a board: Python 3.8 with the standard library, or POSIX sh.

Each is one file here and reaches a board byte for byte. Nothing of jetfleet is imported by them.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.resolve()
_FOLDER = ContextVar("_FOLDER", default=ROOT)


def program(name: str) -> str:
    """Return the text of a program by its file name, such as ``ready.py``."""
    return (_FOLDER.get() / name).read_text(encoding="utf-8")


@contextmanager
def programs_of(folder: Path) -> Iterator[None]:
    """Take the programs from another folder: those of another revision, for a review."""
    token = _FOLDER.set(folder)
    try:
        yield
    finally:
        _FOLDER.reset(token)
