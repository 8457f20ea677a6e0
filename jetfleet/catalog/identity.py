"""The module of a running board, by its device tree and its memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.catalog.modules import Module, modules

if TYPE_CHECKING:
    from collections.abc import Sequence

_PART = re.compile(r"(p\d{4})-(\d{4})(-super)?")
_SOC = re.compile(r"nvidia,(tegra\d{3})")
_KIB_PER_GIB = 1 << 20


def socs_of(compatible: Sequence[str]) -> tuple[str, ...]:
    """Return the SoCs that a device tree is compatible with, such as ``tegra234``.

    The SoC can be at any place of the list: on JetPack 5 that of an Orin ends in the name of the
    family, ``nvidia,tegra23x``.
    """
    return tuple(found[1] for name in compatible if (found := _SOC.fullmatch(name)))


def modules_of(compatible: Sequence[str], memory_kib: int | None) -> tuple[Module, ...]:
    """Return the modules of the catalog that a board can be; empty if its device tree names none.

    The device trees of some modules differ only by the memory that is soldered on. If no module
    with the part number of the board has so much memory, the modules of its family count that do.

    Parameters
    ----------
    compatible:
        ``compatible`` of the device tree's root, the most specific name first.
    memory_kib:
        MemTotal of the board; None: not known.

    """
    for name in compatible:
        parts = [found.groups() for found in _PART.finditer(name)]
        if not parts:
            continue
        # The module is named last: nvidia,CARRIER+MODULE.
        family, number, suffix = parts[-1]
        alike = [
            one
            for one in modules().values()
            if one.super == bool(suffix)
            and any(part.startswith(f"{family}-") for part in one.tree_parts)
        ]
        exact = [one for one in alike if f"{family}-{number}" in one.tree_parts]
        found = [one for one in exact if fits(one, memory_kib)]
        found = found or [one for one in alike if fits(one, memory_kib)]
        if found:
            return tuple(found)
    return ()


def fits(module: Module, memory_kib: int | None) -> bool:
    """Tell whether a board with this MemTotal can be the module.

    Firmware and the GPU keep a part of the memory, less than half of it, and the memory of modules
    differs by a factor of two.
    """
    if memory_kib is None:
        return True
    return module.memory_gib / 2 < memory_kib / _KIB_PER_GIB <= module.memory_gib
