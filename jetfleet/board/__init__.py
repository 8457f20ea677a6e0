"""Programs that run on a board: Python 3.8 with the standard library, or POSIX sh.

Each is one file and reaches a board byte for byte: here, or in the folder `board` of the runtime
that needs it. Nothing of jetfleet is imported by them.
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


def folders() -> tuple[Path, ...]:
    """Return the folders with programs: this one, and those of the runtimes."""
    return (ROOT, *sorted(ROOT.parent.glob("runtimes/*/board")))


def program(name: str, *, runtime: str = "") -> str:
    """Return the text of a program.

    Parameters
    ----------
    name:
        Its file, such as ``ready.py``.
    runtime:
        Folder of the runtime that it belongs to; empty: it is here.

    """
    folder = _FOLDER.get()
    if runtime:
        folder = folder.parent / "runtimes" / runtime / ROOT.name
    return (folder / name).read_text(encoding="utf-8")


@contextmanager
def programs_of(folder: Path) -> Iterator[None]:
    """Take the programs from another folder: those of another revision, for a review.

    The programs of runtimes are those of the same revision, in ``../runtimes``.
    """
    token = _FOLDER.set(folder)
    try:
        yield
    finally:
        _FOLDER.reset(token)
