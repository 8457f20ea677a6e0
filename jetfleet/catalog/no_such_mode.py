"""Why a board has no power mode of a name, and what to write or flash instead."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.catalog.power import plain_mode

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONFIGURATION = re.compile(r"jetson-[a-z0-9-]*[a-z0-9]")


def no_such_mode(mode: str, modes: Sequence[str], tnspec: str) -> str:
    """Return why a board with these modes is refused.

    Parameters
    ----------
    tnspec:
        What was flashed, as the board's TNSPEC; empty if it does not say.

    """
    asked = f"{plain_mode(mode)}_"
    several = [name for name in modes if plain_mode(name).startswith(asked)]
    if several:
        return (
            f"this board has several power modes of {mode}, {', '.join(several)}: write one of "
            "these"
        )
    sentence = f"this board has no power mode {mode}, it has {', '.join(modes)}: write one of these"
    if "SUPER" in mode.upper() and not any("SUPER" in name.upper() for name in modes):
        return f"{sentence}; {_not_super(tnspec)}"
    return f"{sentence}, or add the mode to its /etc/nvpmodel.conf"


def _not_super(tnspec: str) -> str:
    """Return why a board has no Super modes."""
    sentence = "a missing MAXN_SUPER means that the Super device tree was not flashed"
    found = _CONFIGURATION.search(tnspec)
    if found is None:
        return sentence
    name = found[0]
    if name.endswith("-super"):
        return (
            f"{name} was flashed (TNSPEC {tnspec}), and the Super modes are missing in its "
            "/etc/nvpmodel.conf: reinstall the package nvidia-l4t-nvpmodel"
        )
    return f"{sentence}: the board has that of {name} (TNSPEC {tnspec}), flash {name}-super"
