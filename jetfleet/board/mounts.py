"""The filesystems that are mounted on a board."""

from __future__ import annotations

import re
from typing import Iterable, NamedTuple

MOUNTINFO = "/proc/self/mountinfo"

_ESCAPED = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    """A mounted filesystem: its mount point, type, device, and options."""

    target: str
    type: str
    source: str
    options: frozenset[str]

    @property
    def read_only(self) -> bool:
        """Whether it is mounted read-only, or the kernel has made it so after an error.

        After an error ext4 shows `ro`; newer kernels keep `rw`, and show `emergency_ro` beside it.
        """
        return bool(self.options & {"ro", "emergency_ro"})


def mounts(path: str = MOUNTINFO) -> list[Mount]:
    """Return all that is mounted, in order: the last one at a mount point is the visible one."""
    with open(path, encoding="utf-8", errors="surrogateescape") as lines:
        return list(read(lines))


def read(lines: Iterable[str]) -> Iterable[Mount]:
    """Yield the mounts of /proc/self/mountinfo: proc(5)."""
    for line in lines:
        before, _, after = line.rstrip("\n").partition(" - ")
        fields, rest = before.split(" "), after.split(" ")
        # Options of the mount, then those of its filesystem: either can be read-only.
        options = frozenset(f"{fields[5]},{rest[2]}".split(","))
        yield Mount(_unescaped(fields[4]), rest[0], _unescaped(rest[1]), options)


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found.group(1), 8)), text)
