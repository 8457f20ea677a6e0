"""Prints what is wrong with the filesystems of a board: full, without inodes, or read-only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

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


def main(job: dict[str, Any]) -> None:
    """Print a sentence for each filesystem that has the trouble `what`, each once."""
    devices: dict[str, Mount] = {}
    for mount in {one.target: one for one in mounts()}.values():
        device = mount.source if mount.source.startswith("/dev/") else mount.target
        devices.setdefault(device, mount)
    for mount in devices.values():
        said = trouble(mount, job["what"])
        if said:
            print(said)
