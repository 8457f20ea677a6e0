"""The disk for images and models, as it is mounted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from jetfleet.adopt.board_facts import BoardFacts
from jetfleet.resources.adopted_board import PLAIN, options_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_PARTITION = re.compile(r"(/dev/(?:nvme\d+n\d+|mmcblk\d+)|/dev/sd[a-z]+)(?:p?\d+)?")
_SYSTEM = re.compile(r"/(boot(/.*)?)?")


class Mount(NamedTuple):
    """One mounted filesystem."""

    target: str
    source: str
    filesystem: str


def describe(texts: Mapping[str, str], preferred: tuple[str, ...]) -> BoardFacts:
    """Return `storage`, if a disk of its own is mounted by /etc/fstab.

    Parameters
    ----------
    preferred:
        Paths that are in use: the disk that holds the first of them is taken before others.

    """
    lines = [line.split() for line in texts.get("disk", "").splitlines()]
    mounts = [Mount(*line[1:4]) for line in lines if line[:1] == ["mount"] and len(line) > _FIELDS]
    fstab = {line[2]: line[1:] for line in lines if line[:1] == ["fstab"] and len(line) > _FIELDS
             and not line[1].startswith("#")}  # fmt: skip
    found = BoardFacts()
    disks = [
        m for m in mounts if _PARTITION.fullmatch(m.source) and not _SYSTEM.fullmatch(m.target)
    ]
    chosen = _choose(disks, preferred)
    for mount in disks:
        reason = "" if mount is chosen else "a host has one `storage`"
        line = fstab.get(mount.target)
        if not reason and mount.filesystem != "ext4":
            reason = f"`storage` knows ext4, this is {mount.filesystem}"
        if not reason and line is None:
            reason = "no line of /etc/fstab mounts it, it is gone after a reboot"
        if reason or line is None:
            found.seen.append(f"{mount.source} is mounted at {mount.target}: {reason}")
            continue
        options = sorted(set(options_of(line[3])) - PLAIN)
        disk = _PARTITION.fullmatch(mount.source)
        found.keys["storage"] = {
            "device": disk[1] if disk else mount.source,
            "mount": mount.target,
            **({"options": options} if options else {}),
        }
    return found


_FIELDS = 4


def _choose(mounts: list[Mount], preferred: tuple[str, ...]) -> Mount | None:
    for path in preferred:
        for mount in mounts:
            if path.startswith(f"{mount.target}/"):
                return mount
    by_nvme = sorted(mounts, key=lambda mount: "nvme" not in mount.source)
    return by_nvme[0] if by_nvme else None
