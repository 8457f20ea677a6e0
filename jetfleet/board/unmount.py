"""Unmounts a filesystem and takes its line out of /etc/fstab; what is on the disk stays."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress

from jetfleet.board.place import Owner, Unsafe, place_of

ETC = "/etc"
MOST = 1 << 20


def unmount(path: str, option: str) -> None:
    """Unmount what is at a path, and let no boot mount it again; raise Unsafe if it is in use.

    Parameters
    ----------
    option:
        A mount option of jetfleet's: only a line of /etc/fstab that has it is taken out.

    """
    if not _lines(path, option)[0]:
        return
    if os.path.ismount(path):
        done = subprocess.run(
            ["umount", "--", path],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Unsafe(
                f"{path} cannot be unmounted ({done.stderr.strip()}): stop what uses it, which "
                f"`fuser -vm {path}` shows"
            )
    # Not before: a filesystem that stays mounted must be there after the next boot too.
    _, kept, mode = _lines(path, option)
    with place_of(ETC) as etc:
        text = "".join(f"{line}\n" for line in kept)
        etc.write("fstab", text.encode("utf-8", "surrogateescape"), mode=mode, owner=Owner(0, 0))
    subprocess.run(["systemctl", "daemon-reload"], check=False)
    with suppress(OSError):  # something was there before it was a mount point
        os.rmdir(path)


def _lines(path: str, option: str) -> tuple[int, list[str], int]:
    """Return how many lines of /etc/fstab go, the others, and the mode of the file."""
    with place_of(ETC) as etc:
        found = etc.stat("fstab")
        if found is None:
            return 0, [], 0o644
        lines = etc.read("fstab", MOST).decode("utf-8", "surrogateescape").splitlines()
    kept = [line for line in lines if not _is_ours(line.split(), path, option)]
    return len(lines) - len(kept), kept, found.st_mode & 0o777


def _is_ours(fields: list[str], path: str, option: str) -> bool:
    return len(fields) > 3 and fields[1] == path and option in fields[3].split(",")  # noqa: PLR2004
