"""The hash of a file, read in pieces."""

from __future__ import annotations

import hashlib
import time
from typing import BinaryIO

_PIECE = 8 << 20


def sha256_of(file: BinaryIO) -> str:
    """Return the SHA-256 of all that is left of a file; other boards are served in between."""
    seen = hashlib.sha256()
    while piece := file.read(_PIECE):
        seen.update(piece)
        time.sleep(0)
    return seen.hexdigest()
