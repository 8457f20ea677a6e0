"""What was flashed on a board, as its boot control says it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from twins.board import TwinBoard

_FLASHED_AS = {
    "2972": "jetson-agx-xavier-devkit",
    "3668": "jetson-xavier-nx-devkit",
    "3701": "jetson-agx-orin-devkit",
    "3767": "jetson-orin-nano-devkit",
    "3834": "jetson-agx-thor-devkit",
}


def nv_boot_control(board: TwinBoard) -> str:
    """Return /etc/nv_boot_control.conf of a board: its part, and the configuration of its flash.

    The form is that of public logs of an Orin Nano.
    """
    found = re.search(r"p(\d{4})-(\d{4})(-super)?$", board.dt_compatible[0])
    if found is None:
        return ""
    name = f"{_FLASHED_AS.get(found[1], 'jetson')}{found[3] or ''}-"
    return (
        f"TNSPEC {found[1]}-300-{found[2]}-S.1-1-1-{name}\n"
        f"COMPATIBLE_SPEC {found[1]}--{found[2]}--1--{name}\nTEGRA_BOOT_STORAGE nvme0n1\n"
    )
