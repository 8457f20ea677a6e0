"""The disk for images and models, as it is mounted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from jetfleet.adopt.board_facts import BoardFacts
from jetfleet.resources.adopted.filesystem import PLAIN, options_of
from jetfleet.text import plain_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_PARTITION = re.compile(r"(/dev/(?:nvme\d+n\d+|mmcblk\d+)|/dev/sd[a-z]+)(?:p?\d+)?")
_SYSTEM = re.compile(r"/(boot(/.*)?)?")


class Mount(NamedTuple):
    """A mounted filesystem, or a line of /etc/fstab."""

    target: str
    source: str
    filesystem: str
    options: str


def describe_disk(texts: Mapping[str, str], preferred: Sequence[str]) -> BoardFacts:
    """Return `storage` for the disk that /etc/fstab mounts beside that of the system.

    Parameters
    ----------
    preferred:
        Paths that are in use: the disk that holds the first of them is taken before others.

    """
    lines = texts.get("disk", "").splitlines()
    fstab = {mount.target: mount for mount in _fstab(lines)}
    disks = [mount for mount in _mounts(lines) if _is_data_disk(mount)]
    chosen = _choose(disks, preferred)
    facts = BoardFacts()
    for mount in disks:
        line = fstab.get(mount.target)
        obstacle = _obstacle(mount, line) if mount is chosen else "a host has one `storage`"
        if obstacle or line is None:
            facts.seen.append(f"{mount.source} is mounted at {mount.target}: {obstacle}")
        else:
            facts.keys["storage"] = _storage(mount, line)
    return facts


_FIELDS = 4


def _mounts(lines: Sequence[str]) -> Iterator[Mount]:
    for line in lines:
        kind, *fields = line.split() or [""]
        if kind == "mount" and len(fields) >= _FIELDS:
            yield Mount(*fields[:_FIELDS])


def _fstab(lines: Sequence[str]) -> Iterator[Mount]:
    for line in lines:
        kind, *fields = line.split() or [""]
        if kind == "fstab" and len(fields) >= _FIELDS and not fields[0].startswith("#"):
            source, target, filesystem, options = fields[:_FIELDS]
            yield Mount(plain_path(target), source, filesystem, options)


def _is_data_disk(mount: Mount) -> bool:
    return bool(_PARTITION.fullmatch(mount.source)) and not _SYSTEM.fullmatch(mount.target)


def _choose(mounts: Sequence[Mount], preferred: Sequence[str]) -> Mount | None:
    """Return the disk that holds the first of the paths in use, else an NVMe, else any disk."""
    for path in preferred:
        for mount in mounts:
            if path.startswith(f"{mount.target}/"):
                return mount
    by_nvme = sorted(mounts, key=lambda mount: "nvme" not in mount.source)
    return by_nvme[0] if by_nvme else None


def _obstacle(mount: Mount, line: Mount | None) -> str:
    """Return why `storage` cannot describe a mount; empty if it can."""
    if mount.filesystem != "ext4":
        return f"`storage` needs ext4, this is {mount.filesystem}"
    if line is None:
        return "no line of /etc/fstab mounts it, so it is gone after a reboot"
    return ""


def _storage(mount: Mount, line: Mount) -> dict[str, Any]:
    """Return the section of the spec that describes a mount, with the options of its fstab line."""
    disk = _PARTITION.fullmatch(mount.source)
    options = sorted(set(options_of(line.options)) - PLAIN)
    return {
        "device": disk[1] if disk else mount.source,
        "mount": mount.target,
        **({"options": options} if options else {}),
    }
