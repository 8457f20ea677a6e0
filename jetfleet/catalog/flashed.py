"""What was flashed on a board, and what it needs for the Super power modes.

https://docs.nvidia.com/jetson/archives/r36.4.3/DeveloperGuide/SD/PlatformPowerAndPerformance/JetsonOrinNanoSeriesJetsonOrinNxSeriesAndJetsonAgxOrinSeries.html
"""

from __future__ import annotations

import re

FLASHED = "/etc/nv_boot_control.conf"
"""Its line TNSPEC ends with the name of the configuration that was flashed."""

_CONFIGURATION = re.compile(r"jetson-[a-z0-9-]*[a-z0-9]")
_SUPER = "-super"


def super_missing(tree: str, tnspec: str) -> str:
    """Return why a board has no Super modes, and what to do about it.

    Parameters
    ----------
    tree:
        The first name of `compatible` in its device tree; empty if it does not say.
    tnspec:
        What was flashed, as its TNSPEC; empty if it does not say.

    """
    flashed = f"TNSPEC {tnspec}" if tnspec else f"no TNSPEC in {FLASHED}"
    board = f"the board has the device tree {tree or 'of an unknown name'} and {flashed}"
    found = _CONFIGURATION.search(tnspec)
    name = found[0] if found else ""
    if tree.endswith(_SUPER):
        return (
            f"{board}: only its /etc/nvpmodel.conf lacks the Super modes; reinstall the package "
            "nvidia-l4t-nvpmodel, and reboot"
        )
    if name.endswith(_SUPER):
        return (
            f"{board}: {name} was flashed, and the board has booted another device tree; remove "
            "the line FDT of /boot/extlinux/extlinux.conf, or flash the board again"
        )
    flash = f"{name}{_SUPER}" if name else "the -super configuration of its carrier board"
    needed = f"{tree}{_SUPER}" if tree else "whose name ends with -super"
    return f"{board}, and needs the device tree {needed}: flash it with {flash}"
