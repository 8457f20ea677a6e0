"""A Python without this project, as a board has it: a program must bring all that it imports.

The program must run outside of this project's folder, which Python would find.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def board_path(*before: str) -> str:
    """Return a PATH whose `python3` is that of no virtual environment, with folders before it."""
    return os.pathsep.join([*before, str(Path(sys.base_prefix) / "bin"), os.environ["PATH"]])
