"""The way from one L4T release to another: by packages, or by flashing the board."""

from __future__ import annotations

from typing import Literal

from jetfleet.catalog.version import parts

Way = Literal["none", "patch", "minor", "back", "major"]
"""``patch`` and ``minor`` go by packages, ``back`` and ``major`` by flashing."""

_UEFI_36 = 36
_ISO_FROM = 38


def way(have: str, want: str) -> Way:
    """Return the way from one release to another, such as ``36.4.3`` to ``36.5.0``.

    A later patch than the one that is wanted is no way back: apt has the newest of a minor release.
    """
    old, new = parts(have), parts(want)
    if old[:1] != new[:1]:
        return "major"
    if old[:2] != new[:2]:
        return "minor" if old < new else "back"
    return "patch" if old < new else "none"


def road(have: str, want: str) -> str:
    """Return how a board is flashed with another release, and what has to come first.

    https://docs.nvidia.com/jetson/jetpack/install-setup/: firmware of JetPack 5 starts no JetPack
    6. A card that is written with another release does not change the firmware.
    """
    old, new = parts(have)[0], parts(want)[0]
    if parts(have) > parts(want):
        return "flash it with NVIDIA SDK Manager, which also writes the older UEFI firmware"
    if new >= _ISO_FROM:
        first = "update its UEFI firmware to L4T 36 or later, then " if old < _UEFI_36 else ""
        return f"{first}install it from NVIDIA's ISO on a USB disk, or with NVIDIA SDK Manager"
    if old < _UEFI_36 <= new:
        return (
            "flash it with NVIDIA SDK Manager; for an SD card that is written with Etcher, update "
            "the UEFI firmware to L4T 36 first"
        )
    return "flash it with NVIDIA SDK Manager"
