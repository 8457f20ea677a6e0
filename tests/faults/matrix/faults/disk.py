"""Disks that are full, or that cannot be written any more."""

from __future__ import annotations

from tests.faults.matrix.fault import Fault, only
from tests.faults.matrix.phase import (
    CONNECT,
    DOCKER,
    FETCH,
    MODELS,
    PULL,
    READY,
    RECORD,
    UPLOAD,
    WRITE,
    Phase,
)

_BALLAST = "/mnt/nvme/theirs/ballast"
# The second command fills what is kept for root.
_FILL = (
    f"fallocate -l $(df --output=avail -B1 /mnt/nvme | tail -n 1) {_BALLAST}; "
    f"cat /dev/zero >> {_BALLAST} 2>/dev/null; true"
)
_STATE, _RUN = "/var/lib/jetfleet", "/run/jetfleet"
_OF_STATE = (CONNECT, WRITE, READY, RECORD)


def _small(folder: str, options: str) -> str:
    """Return a script that mounts a full file system over a folder, with what the folder has."""
    return (
        f"mkdir -p /run/matrix; cp -a {folder}/. /run/matrix; "
        f"mount -t tmpfs -o {options} none {folder}; "
        f"cp -a /run/matrix/. {folder}; rm -rf /run/matrix; "
        f"cat /dev/zero > {folder}/ballast 2>/dev/null; true"
    )


def _full(
    name: str, what: str, scripts: tuple[str, str], phases: tuple[Phase, ...], seconds: int = 30
) -> Fault:
    """Return a fault of a full disk, with the scripts that fill it and that free it."""
    return Fault(
        name,
        what,
        *scripts,
        says=r"[Nn]o space left|full|free|make room",
        remedy="remove|free|room|space",
        left_out=only(phases, "nothing is written there"),
        seconds=seconds,
    )


def _read_only(
    name: str, what: str, folder: str, phases: tuple[Phase, ...], *, before: bool = False
) -> Fault:
    return Fault(
        f"{name}-readonly",
        f"{what} cannot be written",
        f"mount --bind {folder} {folder}; mount -o remount,bind,ro {folder}",
        _away(folder),
        says="[Rr]ead-only",
        remedy="look at|remount|fsck|run again",
        left_out=only(phases, "nothing is written there"),
        before=before,
        seconds=30,
    )


def _away(folder: str) -> str:
    return f"umount -l {folder} 2>/dev/null; true"


FAULTS = (
    _full(
        "nvme-full",
        "the NVMe is full to its last byte",
        (_FILL, f"rm -f {_BALLAST}"),
        (CONNECT, WRITE, PULL, UPLOAD, FETCH, READY, RECORD),
        60,
    ),
    _full(
        "state-full",
        f"`{_STATE}` is full",
        (_small(_STATE, "size=512k"), _away(_STATE)),
        _OF_STATE,
    ),
    _full(
        "state-inodes",
        f"`{_STATE}` has no free inode",
        (
            _small(_STATE, "size=4m,nr_inodes=16")
            + f"; i=0; while : > {_STATE}/ballast-$i; do i=$((i+1)); done 2>/dev/null; true",
            _away(_STATE),
        ),
        _OF_STATE,
    ),
    _full(
        "run-full",
        f"`{_RUN}` is full",
        (
            # No run may change its lease between the copy and the mount.
            (
                f"mkdir -p {_RUN}; exec 9>>{_RUN}/lease.lock; flock -w 20 9; "
                f"{_small(_RUN, 'size=64k')}; exec 9>&-"
            ),
            _away(_RUN),
        ),
        (CONNECT, WRITE, PULL, FETCH, READY),
    ),
    _read_only("etc", "`/etc`", "/etc", (CONNECT, WRITE, DOCKER, READY, RECORD)),
    _read_only("state", f"`{_STATE}`", _STATE, _OF_STATE),
    _read_only("models", "the folder of models", MODELS, (UPLOAD, FETCH), before=True),
)
