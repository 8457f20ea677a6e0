"""What a board says of itself: its module, its release, its memory."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jetfleet.catalog.flashed import FLASHED
from jetfleet.catalog.l4t import parse_nv_tegra_release
from jetfleet.resources.jetpack import UpgradeRecord, read_upgrade, show_upgrade
from jetfleet.steps.packages import packages
from jetfleet.text import printable, read_count

PACKAGES = _CORE, _JETPACK = "nvidia-l4t-core", "nvidia-jetpack"
_INSTALLED = re.compile(r"^package (\S+) installed (\S{1,60})$", re.MULTILINE)

_PACKAGES = packages("package %s %s %s%.0s", PACKAGES)

# A package that was removed and not purged still has a version, and so its status is asked for.
# /sys/firmware/devicetree/base is what /proc/device-tree points to.
SURVEY = f"""cat /etc/nv_tegra_release
{_PACKAGES}sed -n 's/^TNSPEC[ =]*/tnspec /p' {FLASHED} | head -c 200 | head -n 1
{show_upgrade()}sed -n 's/^MemTotal: *\\([0-9]*\\) kB/memory \\1/p' /proc/meminfo
cd /sys/firmware/devicetree/base && for f in model compatible; do
  printf '%s ' $f; tr '\\0' ' ' < $f; echo
done
true
"""
"""Script that prints it, for `read_board`."""


@dataclass(frozen=True)
class BoardState:
    """What a board says of itself.

    Parameters
    ----------
    l4t:
        L4T release, empty if it is no Jetson.
    model:
        ``model`` of the device tree.
    compatible:
        ``compatible`` of the device tree, the most specific name first.
    memory_kib:
        MemTotal; None: not known.
    jetpack:
        Version of the package nvidia-jetpack, empty if it is not installed.
    upgrade:
        An upgrade of L4T that has not ended; None without one.
    tnspec:
        What was flashed; empty if the board does not say.

    """

    l4t: str
    model: str
    compatible: tuple[str, ...] = ()
    memory_kib: int | None = None
    jetpack: str = ""
    upgrade: UpgradeRecord | None = None
    tnspec: str = ""

    @property
    def tree(self) -> str:
        """The most specific name of the device tree; empty if the board does not say."""
        return self.compatible[0] if self.compatible else ""


def read_board(text: str) -> BoardState:
    """Return what `SURVEY` printed; raise `Unreadable` for the record of an unknown upgrade."""
    packages = dict(_INSTALLED.findall(text))
    core = re.match(r"\d+\.\d+\.\d+", packages.get(_CORE, ""))
    lines = (line.partition(" ") for line in text.splitlines())
    fields = {name: value.strip() for name, _, value in lines}
    memory = fields.get("memory", "")
    return BoardState(
        l4t=parse_nv_tegra_release(text) or (core[0] if core else ""),
        model=fields.get("model", ""),
        compatible=tuple(fields.get("compatible", "").split()),
        memory_kib=read_count(memory) if re.fullmatch(r"[0-9]+", memory) else None,
        jetpack=packages.get(_JETPACK, ""),
        upgrade=read_upgrade(text),
        tnspec=printable(fields.get("tnspec", "").split(" ")[0]),
    )
