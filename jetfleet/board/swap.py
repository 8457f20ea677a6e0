"""Makes a swap file, uses it, and has it used after each boot.

The file is made beside its place and renamed, so that an end in the middle leaves no half one. Root
alone can read it: it holds memory of all programs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import suppress
from typing import Any, Mapping

from jetfleet.board.place import Owner, Place, Unsafe, place_of

FSTAB = "/etc/fstab"
LARGEST = 1 << 20
RESERVE = 1 << 30


def make(place: Place, name: str, size: int) -> None:
    """Put a swap file of a size in bytes in place; raise Unsafe without room for it."""
    room = os.fstatvfs(place.fd)
    old = place.stat(name)
    free = room.f_bavail * room.f_frsize + (old.st_size if old else 0)
    if free < size + RESERVE:
        raise Unsafe(
            f"{place.path} has {free >> 20} MiB free, and a swap file of {size >> 20} MiB should "
            "leave 1 GiB: write a smaller `swap.size`, or free some"
        )
    new = f"{name}.jetfleet-new"
    fd = place.create(new)
    try:
        try:
            os.posix_fallocate(fd, 0, size)
        finally:
            os.close(fd)
        path = f"/proc/self/fd/{place.fd}/{new}"
        command = ["mkswap", path]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, pass_fds=[place.fd])
        place.rename(new, name)
    except BaseException:
        with suppress(OSError):
            os.unlink(new, dir_fd=place.fd)
        raise


def in_fstab(path: str) -> None:
    """Let /etc/fstab have one line for the file, after all other lines."""
    with place_of("/etc") as etc:
        found = etc.stat("fstab")
        text = etc.read("fstab", LARGEST).decode("utf-8", "surrogateescape") if found else ""
        kept = [line for line in text.splitlines() if line.split()[:1] != [path]]
        lines = [*kept, f"{path} none swap sw,nofail 0 0"]
        mode = found.st_mode & 0o777 if found else 0o644
        content = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
        etc.write("fstab", content, mode=mode, owner=Owner(0, 0))


def used(path: str) -> bool:
    """Tell whether the kernel swaps to a file."""
    with open("/proc/swaps", encoding="utf-8", errors="surrogateescape") as swaps:
        escaped = re.escape(path)
        return any(re.match(rf"{escaped}\s", line) for line in swaps)


def main(job: Mapping[str, Any]) -> None:
    """Make the swap file `path` of `size` bytes if `make` is set, and use it."""
    path = job["path"]
    folder, name = os.path.split(path)
    try:
        with place_of(folder, make=True) as place:
            if job["make"]:
                if used(path):
                    subprocess.run(["swapoff", path], check=True)
                make(place, name, job["size"])
        in_fstab(path)
        if not used(path):
            subprocess.run(["swapon", path], check=True)
    except Unsafe as error:
        sys.exit(str(error))
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"the swap file {path} cannot be used: {error}")
