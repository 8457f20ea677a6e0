"""The mark of a file that jetfleet has made: an extended attribute that only root can set.

Outside of jetfleet's own folders only a file with this mark is ever removed. A file that was there
before jetfleet wrote it gets none, and an editor that replaces a file takes it away.
"""

from __future__ import annotations

import os
from contextlib import suppress

from jetfleet.board.place import Place, Unsafe

MARK = "trusted.jetfleet"


def is_marked(place: Place, name: str) -> bool:
    """Tell whether jetfleet made this very file."""
    try:
        with open(place.open(name), "rb") as file:
            return bool(os.getxattr(file.fileno(), MARK))
    except (OSError, Unsafe):
        return False


def mark(place: Place, name: str) -> None:
    """Mark a file, where its filesystem can hold a mark."""
    with suppress(OSError), open(place.open(name), "rb") as file:
        os.setxattr(file.fileno(), MARK, b"1")
