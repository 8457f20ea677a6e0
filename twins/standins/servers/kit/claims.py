"""Memory that programs would have taken, told to each other: their weights here are tiny.

The nvidia runtime of a twin gives all containers one folder. A claim is a file in it that its
process holds locked, so that it ends with the process however that ends.
"""

from __future__ import annotations

import fcntl
import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO

FOLDER = "run/nvidia/twin-claims"


@dataclass
class Claim:
    """The memory that this process says it has; nothing where there is no folder for it."""

    path: Path | None
    file: TextIO | None

    def hold(self, size: int, what: str) -> None:
        """Say that `what` takes `size` bytes now; it replaces what was said before."""
        if self.file is None:
            return
        self.file.seek(0)
        self.file.truncate()
        json.dump({"bytes": size, "what": what}, self.file)
        self.file.flush()

    def end(self) -> None:
        """Give all of it back."""
        if self.file is not None and self.path is not None:
            self.path.unlink(missing_ok=True)
            self.file.close()
            self.file = None


def claim(root: Path) -> Claim:
    """Begin a claim of nothing on the board under `root`."""
    folder = root / FOLDER
    if not folder.is_dir():
        return Claim(None, None)
    path = folder / uuid.uuid4().hex
    file = path.open("w", encoding="utf-8")
    fcntl.flock(file, fcntl.LOCK_EX)
    return Claim(path, file)


def taken(root: Path) -> int:
    """Sum what living processes claim, in bytes, and forget the claims of dead ones."""
    folder = root / FOLDER
    return sum(map(_living, folder.iterdir())) if folder.is_dir() else 0


def _living(path: Path) -> int:
    try:
        with path.open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                text = file.read()
                return int(json.loads(text)["bytes"]) if text else 0
            path.unlink(missing_ok=True)
    except (OSError, ValueError):
        pass
    return 0
