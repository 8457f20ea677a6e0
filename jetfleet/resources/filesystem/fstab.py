"""The meaning of a line of /etc/fstab: fstab(5), systemd.mount(5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_USUAL = frozenset({"defaults", "rw", "suid", "dev", "exec", "auto", "nouser", "async"})
"""`defaults`, and the options that it means."""

_SECONDS = re.compile(r"(x-systemd\.[a-z-]+=[0-9]+)(s|sec|second|seconds)?")
_FIELDS = 6


def same_line(line: str, wanted: str) -> bool:
    """Tell whether two lines mount one filesystem in one way, but for their first fields.

    The order of options counts nothing, nor does the field of `dump`, nor which of the passes of
    fsck checks the filesystem.
    """
    one, other = line.split(), wanted.split()
    if len(one) != _FIELDS or len(other) != _FIELDS:
        return False
    checked = one[5] != "0"
    return (
        one[1:3] == other[1:3]
        and plain_options(one[3].split(",")) == plain_options(other[3].split(","))
        and checked
    )


def plain_options(options: Iterable[str]) -> frozenset[str]:
    """Return mount options in normal form, without those that are usual."""
    return frozenset(_plain(option) for option in options if option) - _USUAL


def lasts(source: str) -> bool:
    """Tell whether the first field names a filesystem by what stays: disks change their numbers."""
    return "=" in source or source.startswith("/dev/disk/by-")


def _plain(option: str) -> str:
    found = _SECONDS.fullmatch(option)
    return f"{found[1]}s" if found else option
