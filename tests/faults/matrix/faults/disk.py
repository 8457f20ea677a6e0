"""Disks that are full, or that cannot be written any more."""

from __future__ import annotations

from tests.faults.matrix.fault import Fault, only
from tests.faults.matrix.phase import (
    CONNECT,
    DOCKER,
    FETCH,
    PULL,
    READY,
    RECORD,
    UPLOAD,
    WRITE,
)

_BALLAST = "/mnt/nvme/theirs/ballast"
_FULL = r"[Nn]o space left|full|free|make room"
_ROOM = r"remove|free|room|space"
_WRITES = only((CONNECT, WRITE, PULL, UPLOAD, FETCH, READY, RECORD), "nothing is written there")


def _small(folder: str, size: str) -> str:
    """Return a script that mounts a full file system over a folder, with what the folder has."""
    return (
        f"mkdir -p /run/matrix; cp -a {folder}/. /run/matrix; "
        f"mount -t tmpfs -o {size} none {folder}; "
        f"cp -a /run/matrix/. {folder}; rm -rf /run/matrix; "
        f"cat /dev/zero > {folder}/ballast 2>/dev/null; true"
    )


def _read_only(folder: str) -> str:
    return f"mount --bind {folder} {folder}; mount -o remount,bind,ro {folder}"


def _away(folder: str) -> str:
    return f"umount -l {folder} 2>/dev/null; true"


FAULTS = (
    Fault(
        "nvme-full",
        "the NVMe is full to its last byte",
        f"fallocate -l $(df --output=avail -B1 /mnt/nvme | tail -n 1) {_BALLAST}; "
        # What is kept for root.
        f"cat /dev/zero >> {_BALLAST} 2>/dev/null; true",
        f"rm -f {_BALLAST}",
        says=_FULL,
        remedy=_ROOM,
        left_out=_WRITES,
        seconds=60,
    ),
    Fault(
        "state-full",
        "`/var/lib/jetfleet` is full",
        _small("/var/lib/jetfleet", "size=512k"),
        _away("/var/lib/jetfleet"),
        says=_FULL,
        remedy=_ROOM,
        left_out=only((CONNECT, WRITE, READY, RECORD), "nothing is written there"),
        seconds=30,
    ),
    Fault(
        "state-inodes",
        "`/var/lib/jetfleet` has no free inode",
        _small("/var/lib/jetfleet", "size=4m,nr_inodes=16")
        + "; i=0; while : > /var/lib/jetfleet/ballast-$i; do i=$((i+1)); done 2>/dev/null; true",
        _away("/var/lib/jetfleet"),
        says=_FULL,
        remedy=_ROOM,
        left_out=only((CONNECT, WRITE, READY, RECORD), "nothing is written there"),
        seconds=30,
    ),
    Fault(
        "run-full",
        "`/run/jetfleet` is full",
        # No run may change its lease between the copy and the mount.
        f"mkdir -p /run/jetfleet; exec 9>>/run/jetfleet/lease.lock; flock -w 20 9; "
        f"{_small('/run/jetfleet', 'size=64k')}; exec 9>&-",
        _away("/run/jetfleet"),
        says=_FULL,
        remedy=_ROOM,
        left_out=only((CONNECT, WRITE, PULL, FETCH, READY), "nothing is written there"),
        seconds=30,
    ),
    Fault(
        "etc-readonly",
        "`/etc` cannot be written",
        _read_only("/etc"),
        _away("/etc"),
        says=r"[Rr]ead-only",
        remedy=r"look at|remount|fsck|run again",
        left_out=only((CONNECT, WRITE, DOCKER, READY, RECORD), "nothing is written there"),
        seconds=30,
    ),
    Fault(
        "state-readonly",
        "`/var/lib/jetfleet` cannot be written",
        _read_only("/var/lib/jetfleet"),
        _away("/var/lib/jetfleet"),
        says=r"[Rr]ead-only",
        remedy=r"look at|remount|fsck|run again",
        left_out=only((CONNECT, WRITE, READY, RECORD), "nothing is written there"),
        seconds=30,
    ),
    Fault(
        "models-readonly",
        "the folder of models cannot be written",
        _read_only("/mnt/nvme/models"),
        _away("/mnt/nvme/models"),
        says=r"[Rr]ead-only",
        remedy=r"look at|remount|fsck|run again",
        left_out=only((UPLOAD, FETCH), "nothing is written there"),
        before=True,
        seconds=30,
    ),
)
