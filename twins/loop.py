"""Loop devices that vanish with the process that made them."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from contextlib import suppress
from pathlib import Path

# linux/loop.h
_LOOP_CTL_GET_FREE = 0x4C82
_LOOP_CONFIGURE = 0x4C0A
_LO_FLAGS_AUTOCLEAR = 4
_LO_FLAGS_PARTSCAN = 8
# struct loop_config: fd, block size, struct loop_info64 (its flags at byte 52), eight words kept.
_LOOP_CONFIG = struct.Struct("=II52xI176x64x")
_TRIES = 50


def attach(image: Path) -> tuple[int, int]:
    """Make a block device, with partitions, of an image file; return (file descriptor, minor).

    The kernel removes the device once the descriptor is closed and no mount uses it, so a killed
    process leaves no loop device. Raises OSError with the kernel's error number.
    """
    backing = os.open(image, os.O_RDWR | os.O_CLOEXEC)
    try:
        for _ in range(_TRIES):
            taken = _try_attach(backing)
            if taken is not None:
                return taken
    finally:
        os.close(backing)
    raise OSError(errno.EBUSY, "no free loop device", str(image))


def attached(folder: Path) -> list[str]:
    """Return the names of the loop devices whose image lies in `folder` or below."""
    found = []
    for file in Path("/sys/block").glob("loop*/loop/backing_file"):
        with suppress(OSError):  # it may disappear at any time
            image = Path(file.read_text(encoding="utf-8").rstrip("\n").removesuffix(" (deleted)"))
            if folder in image.parents:
                found.append(file.parent.parent.name)
    return found


def _try_attach(backing: int) -> tuple[int, int] | None:
    control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)
    try:
        minor = fcntl.ioctl(control, _LOOP_CTL_GET_FREE)
    finally:
        os.close(control)
    device = os.open(f"/dev/loop{minor}", os.O_RDWR | os.O_CLOEXEC)
    flags = _LO_FLAGS_AUTOCLEAR | _LO_FLAGS_PARTSCAN
    try:
        fcntl.ioctl(device, _LOOP_CONFIGURE, _LOOP_CONFIG.pack(backing, 512, flags))
    except OSError as error:
        os.close(device)
        if error.errno == errno.EBUSY:  # another process was faster
            return None
        raise
    return device, minor
