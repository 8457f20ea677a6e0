"""What is said of a board that runs another L4T release than that of the spec."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.catalog.l4t import is_jetpack, release
from jetfleet.catalog.upgrade import road, way
from jetfleet.resources.jetpack import ALLOW

if TYPE_CHECKING:
    from collections.abc import Iterator

RULE = "board-l4t"

_BUILD = re.compile(r"[-+]b\d+$")
"""What follows the JetPack in a version of nvidia-jetpack: 6.2.1+b38, 5.1.6-b5."""


def other_release(have: str, want: str, *, upgrade: bool) -> str:
    """Return why a board with another minor or major release is refused, and what to do.

    Parameters
    ----------
    upgrade:
        Whether the spec allows an upgrade.

    """
    found = f"the board runs L4T {have}, the spec says {want}: write {lines_for(have)}, or"
    if way(have, want) != "minor":
        return (
            f"{found} {road(have, want)}; packages cannot upgrade it, and a flash erases the boot "
            f"disk: see docs/guide/jetpack.md (rule {RULE})"
        )
    if upgrade:
        return f"{found} allow its upgrade, which ends with a reboot: {ALLOW} (rule {RULE})"
    return f"{found} `upgrade: minor`, so that a run may upgrade it (rule {RULE})"


def other_jetpack(version: str, l4t: str) -> Iterator[str]:
    """Yield that the package nvidia-jetpack on a board is of another JetPack than its L4T."""
    known = release(l4t)
    if known.warning is None and not is_jetpack(_BUILD.sub("", version), known.value.jetpack):
        yield (
            f"nvidia-jetpack {version} is installed, and L4T {l4t} is JetPack "
            f"{known.value.jetpack}: `apt-get install nvidia-jetpack` brings the right one, once "
            "the board's apt source is right"
        )


def lines_for(l4t: str) -> str:
    """Return what to write for a board with this release."""
    return f'`jetpack: "{release(l4t).value.jetpack}"` and `l4t: "{l4t}"`'
