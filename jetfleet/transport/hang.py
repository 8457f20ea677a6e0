"""What to do about a program on a board that does not come to its end."""

from __future__ import annotations

import posixpath

from jetfleet.text import printable

_WORDS = 3
"""Words of a command line that are shown: what follows are arguments."""

_DISK = "a disk or a network mount does not answer: look at `dmesg`"

_REMEDY = {
    "docker": "look at `systemctl status docker`",
    "systemctl": "look at `systemctl list-jobs`",
    "journalctl": "look at `systemctl status systemd-journald`",
    "apt-get": "another program may hold dpkg's lock: look at `ps -ef`",
    "dpkg": "another program may hold dpkg's lock: look at `ps -ef`",
    **dict.fromkeys(
        (
            "base64", "blkid", "cat", "cp", "df", "dd", "du", "find", "findmnt", "grep", "head",
            "lsblk", "mkdir", "mkfs", "mount", "mv", "nvme", "rm", "sed", "sha256sum", "stat",
            "sync", "tail", "tar", "umount",
        ),
        _DISK,
    ),
}  # fmt: skip


def program_of(command: str) -> str:
    """Return the first words of a command line, without its options; empty without a command."""
    shown: list[str] = []
    for word in printable(command).split()[:_WORDS]:
        if word.startswith("-"):
            break
        shown.append(word if shown else posixpath.basename(word))
    return " ".join(shown)


def hang(seconds: float, command: str) -> str:
    """Return that something took longer than its limit, which program it was, and what to do.

    Parameters
    ----------
    seconds:
        The limit.
    command:
        Command line of the program that was ended, as the board says it; empty if it is not known.

    """
    shown = program_of(command)
    late = f"did not answer within {seconds:.0f} s"
    if not shown:
        return f"{late}: log in to the board, and look what hangs"
    remedy = _REMEDY.get(shown.split(maxsplit=1)[0], "log in to the board, and run it by hand")
    return f"{late}: `{shown}` hangs: {remedy}"
