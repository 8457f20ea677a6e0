"""Write files on the workstation that are never left incomplete."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def atomic_write(path: Path, text: str) -> None:
    """Write a file under another name and rename it; the old file stays until then.

    The new file has the mode of the old one.

    Raises
    ------
    OSError
        It cannot be written; the old file is unchanged.

    """
    place = path.resolve()  # write through a link, and keep the link
    staged = place.with_name(f".{place.name}.new")
    with staged.open("w", encoding="utf-8") as file:
        if place.exists():
            os.fchmod(file.fileno(), stat.S_IMODE(place.stat().st_mode))
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    staged.replace(place)
