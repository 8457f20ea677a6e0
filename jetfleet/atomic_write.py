"""Files on the workstation that a run which dies leaves as they were, or whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def atomic_write(path: Path, text: str) -> None:
    """Write a file beside its place and rename it there; the old one stays until then.

    Raises
    ------
    OSError
        It cannot be written; the old one is as it was.

    """
    place = path.resolve()  # what a link leads to is written, and the link stays
    staged = place.with_name(f".{place.name}.new")
    with staged.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    staged.replace(place)
