"""Memory that the real programs would use, shared between stand-ins: their weights are tiny.

The nvidia runtime of a twin gives all containers one folder. A claim is a file in it that its
process holds locked, so that it ends with the process in any case.
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
    """The memory that this process claims; it does nothing if the folder does not exist."""

    path: Path | None
    file: TextIO | None

    def hold(self, size: int, what: str) -> None:
        """Claim `size` bytes for `what`; this replaces the earlier claim."""
        if self.file is None:
            return
        self.file.seek(0)
        self.file.truncate()
        json.dump({"bytes": size, "what": what}, self.file)
        self.file.flush()

    def end(self) -> None:
        """Release all claims."""
        if self.file is not None and self.path is not None:
            self.path.unlink(missing_ok=True)
            self.file.close()
            self.file = None


def claim(root: Path) -> Claim:
    """Open an empty claim on the board under `root`."""
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
