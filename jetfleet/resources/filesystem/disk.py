"""A disk and its mount point as a survey reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jetfleet.resources.base import Unreadable
from jetfleet.resources.filesystem.health import Health, read_health

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
    present:
        The device exists.
    table:
        Kind of partition table, empty without one.
    whole:
        Type of a filesystem (or other signature) right on the disk, empty without one.
    partitions:
        Each as a mapping with ``name``, ``label`` (GPT name), ``type``, ``uuid``, ``mounted``.
    fstab:
        The line of /etc/fstab for the mount point, fields separated by one blank.
    mounted:
        Device path mounted at the mount point, empty if nothing is.
    health:
        Whether what is mounted there can be written.

    """

    present: bool
    table: str = ""
    whole: str = ""
    partitions: tuple[dict[str, str], ...] = ()
    fstab: str = ""
    mounted: str = ""
    health: Health = field(default_factory=Health)


def contents(disk: Disk) -> list[str]:
    """Return what is on a disk, but for a partition of ours that is not finished."""
    found = [
        f"{part['name']} ({part.get('type') or 'no known filesystem'}"
        + (f", mounted at {part['mounted']}" if part.get("mounted") else "")
        + ")"
        for part in disk.partitions
        if part.get("label") != UNFINISHED
    ]
    if disk.whole:
        found.append(f"a {disk.whole} signature on the whole disk")
    if disk.table and not disk.partitions and disk.table != "gpt":
        found.append(f"a {disk.table} partition table")
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
    health:
        For each mount point whether it can be written.

    """

    blocks: Mapping[str, dict[str, str]]
    mounts: Sequence[tuple[str, str]]
    fstab: Sequence[Sequence[str]]
    health: Mapping[str, Health]

    def disk(self, device: str, partition: str, mount: str) -> Disk:
        """Return one disk; `partition` is the path of its first partition."""
        parts = []
        for name, block in self.blocks.items():
            at = next((target for source, target in self.mounts if source == name), "")
            if name.startswith(partition[:-1]):
                parts.append({**block, **({"mounted": at} if at else {})})
        whole = self.blocks.get(device, {})
        lines = (" ".join(x) for x in self.fstab if x[1:2] == [mount] and x[0][0] != "#")
        # What was mounted last at a place is what is seen there.
        at_mount = [source for source, target in self.mounts if target == mount]
        return Disk(
            present=device in self.blocks,
            table=whole.get("table", ""),
            whole=whole.get("type", ""),
            partitions=tuple(parts),
            fstab=next(lines, ""),
            mounted=at_mount[-1] if at_mount else "",
            health=self.health.get(mount, Health()),
        )


def read_disks(text: str) -> Disks:
    """Return the disks that the survey's script printed, or `Unreadable`."""
    blocks: dict[str, dict[str, str]] = {}
    mounts: list[tuple[str, str]] = []
    fstab: list[list[str]] = []
    health: dict[str, Health] = {}
    block: dict[str, str] = {}
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word == "device":
            blocks[rest] = {"name": rest}
        elif word == "mount":
            source, _, target = rest.partition(" ")
            mounts.append((source, target))
        elif word == "health":
            about = read_health(rest)
            health[about.mount] = about
        elif word == "fstab":
            fstab.append(rest.split())
        elif "=" in line:
            name, _, value = line.partition("=")
            block = blocks[value] if name == "DEVNAME" else block
            block[_FIELDS.get(name, name)] = value
    if not mounts:
        raise Unreadable("the survey says nothing of what is mounted")
    return Disks(blocks, mounts, fstab, health)


_FIELDS = {"TYPE": "type", "UUID": "uuid", "PTTYPE": "table", "PART_ENTRY_NAME": "label"}
