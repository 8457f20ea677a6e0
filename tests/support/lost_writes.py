"""A power cut of a twin that takes what was not synced: its NVMe is as it was at that moment.

Killed processes leave their writes in the page cache of the workstation, from where they reach the
disk of the twin. So the disk is copied while the twin is frozen, and the copy is put back once the
twin is off. The root filesystem of a twin is a folder of the workstation, and loses nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.support.lab import Lab, until
from twins import cgroup

TRIES = 50
"""How often the disk is copied: a copy counts if nothing was written to the disk meanwhile."""


def cut_power(lab: Lab, host: str) -> None:
    """Cut the power of a twin; it stays off, and has lost what it had not synced."""
    twin = lab.fleet.twin(host)
    image = Path(twin.folder) / "nvme0n1.img"
    copy = image.with_suffix(".cut")
    group = cgroup.fleet_group(lab.fleet.network.bridge) / twin.name
    (group / "cgroup.freeze").write_text("1")
    try:
        _copy_at_one_moment(image, copy)
    finally:
        lab.fleet.power_cut(host)
    loop = _loop_of(image)
    until(lambda: not list(Path("/sys/fs/ext4").glob(f"{loop}p*")), "the NVMe to be unmounted")
    _put_back(copy, image)
    copy.unlink()
    subprocess.run(["blockdev", "--flushbufs", f"/dev/{loop}"], check=True)


def _loop_of(image: Path) -> str:
    """Return the name of the loop device of an image."""
    for file in Path("/sys/block").glob("loop*/loop/backing_file"):
        if Path(file.read_text(encoding="utf-8").rstrip("\n")) == image:
            return file.parent.parent.name
    raise AssertionError(f"no loop device of {image}")


def _copy_at_one_moment(image: Path, copy: Path) -> None:
    for _ in range(TRIES):
        before = image.stat().st_mtime_ns
        subprocess.run(["cp", "--sparse=always", str(image), str(copy)], check=True)
        if image.stat().st_mtime_ns == before:
            return
    raise AssertionError("the kernel wrote to the NVMe during every copy")


def _put_back(copy: Path, image: Path) -> None:
    """Make the image what the copy is, without making another file of it."""
    size = image.stat().st_size
    with image.open("r+b") as new, copy.open("rb") as old:
        new.truncate(0)
        new.truncate(size)
        place = 0
        while True:
            try:
                place = os.lseek(old.fileno(), place, os.SEEK_DATA)
            except OSError:  # no data behind this place
                break
            end = os.lseek(old.fileno(), place, os.SEEK_HOLE)
            old.seek(place)
            new.seek(place)
            while place < end:
                piece = old.read(min(1 << 20, end - place))
                new.write(piece)
                place += len(piece)
    shutil.copystat(copy, image)
