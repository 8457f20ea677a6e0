"""What a fault can leave at the place of a file that jetfleet keeps on a board."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

HUGE = 64 << 20
"""Bytes of a huge file; it has holes only."""


def _remove(path: Path) -> None:
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path)


def _empty(path: Path) -> None:
    path.touch()


def _rubbish(path: Path) -> None:
    path.write_bytes(random.Random(20261128).randbytes(3000))  # noqa: S311 - no secret, the same each time


def _folder(path: Path) -> None:
    path.mkdir()


def _full_folder(path: Path) -> None:
    path.mkdir()
    (path / "a file of a person").write_text("precious")


def _link(path: Path) -> None:
    path.symlink_to(path.parent / "no such file")


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _newer(path: Path) -> None:
    path.write_text('{"schema": 99, "new": [1, {"a": null}]}\n')


def _null(path: Path) -> None:
    path.write_text("null\n")


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(HUGE)


KINDS: dict[str, Callable[[Path], None]] = {
    "empty": _empty,
    "rubbish": _rubbish,
    "folder": _folder,
    "full folder": _full_folder,
    "link": _link,
    "fifo": _fifo,
    "newer": _newer,
    "null": _null,
    "huge": _huge,
}


def corrupt(path: Path, kind: str) -> None:
    """Replace what is at a path by another thing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove(path)
    KINDS[kind](path)
