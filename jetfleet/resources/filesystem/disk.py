"""A disk and its mount point as a survey reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jetfleet.resources.base import Unreadable
from jetfleet.resources.filesystem.health import Health, read_health
from jetfleet.text import plain_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PARTITION = "jetfleet"
"""GPT name of a partition that jetfleet made and finished."""
UNFINISHED = f"{PARTITION}-new"
"""GPT name while the filesystem is being made: a run that died here starts it again."""


@dataclass(frozen=True)
class Disk:
    """What was found on the disk and about the mount point.

    Parameters
    ----------
    device:
        Path by which the kernel has it, such as ``/dev/nvme0n1``; empty if it does not exist.
    whole:
        What blkid says of the disk itself: ``type`` of a filesystem right on it, ``table``.
    partitions:
        Each as a mapping with ``name``, ``label`` (GPT name), ``type``, ``uuid``, ``mounted``.
    fstab:
        The line of /etc/fstab for the mount point, fields separated by one blank.
    mounted:
        Device path mounted at the mount point, empty if nothing is.
    health:
        Whether what is mounted there can be written.

    """

    device: str = ""
    whole: Mapping[str, str] = field(default_factory=dict)
    partitions: tuple[Mapping[str, str], ...] = ()
    fstab: str = ""
    mounted: str = ""
    health: Health = field(default_factory=Health)

    @property
    def is_whole(self) -> bool:
        """Whether it is a disk: a partition or a mapped device must not be partitioned."""
        return "PART_ENTRY_NUMBER" not in self.whole and not self.device.startswith("/dev/dm-")

    @property
    def in_use(self) -> bool:
        """Whether the disk, or a part of it, is what is mounted at the mount point."""
        return self.mounted in {self.device, *(part["name"] for part in self.partitions)} - {""}

    def own(self, filesystem: str) -> Mapping[str, str] | None:
        """Return what is to be mounted: ours, or what a user mounts there; None without it.

        It can be a partition, or the disk itself, as NVIDIA's guide makes it with
        `mkfs.ext4 /dev/nvme0n1` (https://www.jetson-ai-lab.com/tips_ssd-docker.html).
        """
        for block in (*self.partitions, self.whole):
            if block.get("type") != filesystem or block.get("label") == UNFINISHED:
                continue
            ours = block is not self.whole and block.get("label") == PARTITION
            if ours or block.get("name") == self.mounted or "fstab" in block:
                return block
        return None


def contents(disk: Disk) -> list[str]:
    """Return what is on a disk, but for a partition of ours that is not finished."""
    found = [
        f"{part['name']} ({part.get('type') or 'no known filesystem'}"
        + (f", mounted at {part['mounted']}" if part.get("mounted") else "")
        + ")"
        for part in disk.partitions
        if part.get("label") != UNFINISHED
    ]
    whole = disk.whole
    if whole.get("type"):
        at = f", mounted at {whole['mounted']}" if whole.get("mounted") else ""
        found.append(f"a {whole['type']} signature on the whole disk{at}")
    table = whole.get("table")
    if table and not disk.partitions and table != "gpt":
        found.append(f"a {table} partition table")
    return found


@dataclass(frozen=True)
class Disks:
    """What a survey printed of all disks of a board.

    Parameters
    ----------
    blocks:
        For each device by its path what blkid says of it.
    mounts:
        Each mounted device with its mount point.
    fstab:
        The lines of /etc/fstab in fields.
    links:
        For names under /dev, such as those in /dev/disk/by-id, what they lead to.
    health:
        For each mount point whether it can be written.

    """

    blocks: Mapping[str, dict[str, str]]
    mounts: Sequence[tuple[str, str]]
    fstab: Sequence[Sequence[str]]
    links: Mapping[str, str]
    health: Mapping[str, Health]

    def disk(self, name: str, mount: str) -> Disk:
        """Return the disk of a name, with what is known of a mount point."""
        device = self.links.get(name, name)
        lines = (
            line for line in self.fstab if line[1:2] and line[0][0] != "#" and line[1] == mount
        )
        line = next(lines, ())
        # What was mounted last at a place is what is seen there.
        at_mount = [source for source, target in self.mounts if target == mount]
        of_disk = re.compile(f"{re.escape(partition_of(device, ''))}[0-9]+")
        parts = [block for name, block in self.blocks.items() if of_disk.fullmatch(name)]
        return Disk(
            device=device if device in self.blocks else "",
            whole=self._seen(self.blocks.get(device, {}), line),
            partitions=tuple(self._seen(part, line) for part in parts),
            fstab=" ".join(line),
            mounted=at_mount[-1] if at_mount else "",
            health=self.health.get(mount, Health()),
        )

    def _seen(self, block: Mapping[str, str], line: Sequence[str]) -> Mapping[str, str]:
        """Return a block device with the place where it is mounted, and whether a line names it."""
        if not block:
            return {}
        at = next((target for source, target in self.mounts if source == block["name"]), "")
        in_fstab = bool(line) and self._names(line[0], block)
        return {
            **block,
            **({"mounted": at} if at else {}),
            **({"fstab": line[0]} if in_fstab else {}),
        }

    def _names(self, source: str, block: Mapping[str, str]) -> bool:
        """Tell whether the first field of a line of /etc/fstab means a block device."""
        by = _BY_LINK.fullmatch(source) or _BY_TAG.fullmatch(source)
        if by is None:
            return self.links.get(source, source) == block["name"]
        value = block.get(_TAGS[by[1].upper()], "")
        return bool(value) and value.lower() == by[2].lower()


_BY_LINK = re.compile(r"/dev/disk/by-(uuid|partuuid|label|partlabel)/(.+)")
_BY_TAG = re.compile(r'(UUID|PARTUUID|LABEL|PARTLABEL)="?([^"]+)"?')
_TAGS = {"UUID": "uuid", "PARTUUID": "PART_ENTRY_UUID", "LABEL": "LABEL", "PARTLABEL": "label"}


def partition_of(device: str, number: str) -> str:
    """Return the path of a partition as the kernel names it: ``nvme0n1p1``, but ``sda1``."""
    return f"{device}p{number}" if device[-1:].isdigit() else f"{device}{number}"


def read_disks(text: str) -> Disks:
    """Return the disks that the survey's script printed, or `Unreadable`."""
    blocks: dict[str, dict[str, str]] = {}
    mounts: list[tuple[str, str]] = []
    fstab: list[list[str]] = []
    health: dict[str, Health] = {}
    links: dict[str, str] = {}
    block: dict[str, str] = {}
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "device":
            blocks[rest] = {"name": rest}
        elif word == "mount":
            source, _, target = rest.partition(" ")
            # Of a part of a filesystem findmnt shows the folder, too: /dev/sda1[/docker].
            mounts.append((source.partition("[")[0], target))
        elif word == "link":
            name, _, real = rest.partition(" ")
            links[name] = real
        elif word == "health":
            about = read_health(rest)
            health[about.mount] = about
        elif word == "fstab":
            fields = rest.split()
            fstab.append([*fields[:1], *map(plain_path, fields[1:2]), *fields[2:]])
        elif "=" in line:
            name, _, value = line.partition("=")
            block = blocks[value] if name == "DEVNAME" else block
            block[_FIELDS.get(name, name)] = value
    if not mounts:
        raise Unreadable("the survey says nothing of what is mounted")
    return Disks(blocks, mounts, fstab, links, health)


_FIELDS = {"TYPE": "type", "UUID": "uuid", "PTTYPE": "table", "PART_ENTRY_NAME": "label"}
