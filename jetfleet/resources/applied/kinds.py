"""What becomes of each kind of resource once the spec no longer has it.

``docs/guide/removal.md`` has the same table for people, with the reasons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

WhenGone = Literal["removed", "asked", "follows", "stays", "nothing"]
"""``removed``: an apply takes it off the board. ``asked``: a run with `prune` does. ``follows``: it
goes with a file of its own. ``stays``: it is not put back. ``nothing``: it puts nothing there."""

_KINDS: Mapping[WhenGone, tuple[str, ...]] = {
    "removed": (
        "service", "unit", "unit-up", "clocks", "file", "names", "venv", "network", "access",
    ),
    "asked": ("filesystem", "image", "model", "ollama"),
    "follows": ("sysctl", "trust"),
    "stays": (
        "daemon", "desktop", "docker-packages", "fan", "hold", "hostname", "jetpack", "locale",
        "package", "package-absent", "package-version", "power", "runtime-mode", "swap", "timezone",
        "unit-off", "user", "zram",
    ),
    "nothing": (
        "adopted", "adopted-daemon", "adopted-filesystem", "adopted-model", "applied", "apt-source",
        "board", "clocks-free", "docker-leftovers", "leftovers", "reboot", "removal", "time",
    ),
}  # fmt: skip

WHEN_GONE: Mapping[str, WhenGone] = {kind: when for when, kinds in _KINDS.items() for kind in kinds}
"""By the name of the kind; a test holds that each kind has an entry."""

REMOVABLE = _KINDS["removed"]
"""Kinds of resources that jetfleet removes from a board once the spec no longer has them."""

DATA = ("filesystem", "image")
"""Kinds of which an entry stays until a run with `prune` removes them; images by their digest.

The role `prune` finds models in their folders; they need no entry.
"""
