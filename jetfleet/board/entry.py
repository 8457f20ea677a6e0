"""What stands at a path of ours: made a folder or removed, if a fault left something else there.

Links are never followed.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path


class InTheWay(Exception):
    """Something that is not ours is where a folder or file must be; a person must move it."""

    def __init__(self, path: Path, wanted: str) -> None:
        super().__init__(f"{path} is not a {wanted}: move it away, then run again")


def mode_of(path: Path) -> int:
    """Return the mode of what is at a path, 0 if nothing is."""
    try:
        return os.lstat(str(path)).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0


def is_plain(path: Path) -> bool:
    """Tell whether a plain file is at a path, not a link to one."""
    return stat.S_ISREG(mode_of(path))


def remove(path: Path) -> None:
    """Remove what is at a path, a folder with its content too."""
    mode = mode_of(path)
    if stat.S_ISDIR(mode):
        shutil.rmtree(str(path))
    elif mode:
        path.unlink()


def clear_for_file(path: Path, *, ours: bool = True) -> None:
    """Remove what is at a path unless it is a plain file; `InTheWay` for a foreign full folder."""
    mode = mode_of(path)
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode) and not ours:
        try:
            path.rmdir()
        except OSError as error:
            raise InTheWay(path, "file") from error
        return
    remove(path)


def make_folder(path: Path, above: Path) -> None:
    """Make a folder of ours and those above it, up to `above`; replace what else is there.

    `above` may be a link to a folder; InTheWay if it is not a folder.
    """
    try:
        above.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise InTheWay(Path(error.filename), "folder") from error
    for part in path.relative_to(above).parts:
        above = above / part
        mode = mode_of(above)
        if not stat.S_ISDIR(mode):
            if mode:
                above.unlink()
            above.mkdir()
