"""Reads disks: what their names lead to, their parts, fstab, and whether they can be written."""

from __future__ import annotations

import os
import stat
import sys
from typing import Any, Iterator

from jetfleet.board.writable import main as read_health

FSTAB = "/etc/fstab"


def parts_of(device: str) -> Iterator[str]:
    """Yield a disk and its partitions, those that are block devices."""
    base = f"{device}p" if device[-1:].isdigit() else device
    folder = os.path.dirname(device)
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    nodes = [f"{folder}/{name}" for name in names]
    parts = (n for n in nodes if n.startswith(base) and n[len(base) : len(base) + 1].isdigit())
    for node in (device, *parts):
        if os.path.exists(node) and stat.S_ISBLK(os.stat(node).st_mode):
            yield node


def main(job: dict[str, Any]) -> None:
    """Print lines of `link`, `device`, `fstab` and `health` for the `disks` of the job."""
    devices = [disk["device"] for disk in job["disks"]]
    try:
        with open(FSTAB, "rb") as file:
            lines = file.read().split(b"\n")
    except OSError:
        lines = []
    fields = (os.fsdecode(line.split(None, 1)[0]) for line in lines if line.strip())
    links = {
        name: os.path.realpath(name)
        for name in (*devices, *(one for one in fields if one.startswith("/dev/")))
    }
    said = [f"link {name} {real}" for name, real in links.items()]
    for device in dict.fromkeys(links[name] for name in devices):
        said += [f"device {node}" for node in parts_of(device)]
    said += ["fstab " + os.fsdecode(line) for line in lines]
    sys.stdout.buffer.write(os.fsencode("".join(f"{line}\n" for line in said)))
    read_health(job)
