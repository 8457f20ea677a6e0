"""What was flashed on a board, and what it needs for the Super power modes.

https://docs.nvidia.com/jetson/archives/r36.4.3/DeveloperGuide/SD/PlatformPowerAndPerformance/JetsonOrinNanoSeriesJetsonOrinNxSeriesAndJetsonAgxOrinSeries.html
"""

from __future__ import annotations

import re

from jetfleet.catalog.modules import modules

FLASHED = "/etc/nv_boot_control.conf"
"""Its line TNSPEC ends with the name of the configuration that was flashed."""

_CONFIGURATION = re.compile(r"jetson-[a-z0-9-]*[a-z0-9]")
_PART = re.compile(r"p[0-9]{4}-[0-9]{4}(?=(-super)?$)")
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
    shown = f"the device tree {tree}" if tree else "a device tree without a name"
    board = (
        f"the board has {shown} and {f'TNSPEC {tnspec}' if tnspec else f'no TNSPEC in {FLASHED}'}"
    )
    found = _CONFIGURATION.search(tnspec)
    name = found[0] if found else ""
    part = _PART.search(tree)
    if part and part[0] not in {module.part for module in modules().values() if module.super}:
        return f"{board}, and no module {part[0]} has them"
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
    needed = f"{tree}{_SUPER}" if tree else "one whose name ends with -super"
    return f"{board}, and needs {needed}: flash it with {flash}"
