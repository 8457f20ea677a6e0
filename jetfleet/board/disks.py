"""Prints what is wrong with the filesystems of a board: full, without inodes, or read-only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Iterable

from jetfleet.board.disk import full, read_only
from jetfleet.board.mounts import Mount, mounts

ALWAYS_READ_ONLY = {"squashfs", "iso9660", "erofs", "cramfs"}


ALMOST = 1 << 20
"""Free bytes below which a filesystem counts as full: a write of less can have failed."""


def trouble(mount: Mount, what: str) -> str:
    """Return the sentence about a filesystem that is ``full`` or ``read-only``; empty if not.

    Filesystems of the network are left out: a question to one can hang.
    """
    local = mount.source.startswith("/dev/") or mount.type in {"tmpfs", "overlay"}
    if not local or mount.type in ALWAYS_READ_ONLY or not os.path.isdir(mount.target):
        return ""
    path = Path(mount.target)
    if what == "read-only":
        return read_only(path) if mount.read_only else ""
    room = os.statvfs(mount.target)
    no_room = room.f_bavail * room.f_frsize < ALMOST or (room.f_files and not room.f_favail)
    return full(path) if no_room and not mount.read_only else ""


def holding(path: str, visible: Iterable[Mount]) -> Mount | None:
    """Return the mount that a path lies in; None for a path that is not absolute."""
    above = [one for one in visible if f"{path}/".startswith(f"{one.target.rstrip('/')}/")]
    return max(above, key=lambda one: len(one.target), default=None)


def main(job: dict[str, Any]) -> None:
    """Print a sentence for each filesystem that has the trouble `what`, each once.

    If filesystems of the `paths` have it, no others are named: some are read-only on purpose.
    """
    visible = {one.target: one for one in mounts()}.values()
    near = {mount for path in job["paths"] for mount in [holding(path, visible)] if mount}
    devices: dict[str, Mount] = {}
    for mount in visible:
        device = mount.source if mount.source.startswith("/dev/") else mount.target
        devices.setdefault(device, mount)
    for chosen in (sorted(near), devices.values()):
        said = [sentence for one in chosen for sentence in [trouble(one, job["what"])] if sentence]
        if said:
            print("\n".join(said))
            return
