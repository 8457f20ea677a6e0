"""Why a board has no power mode of a name, and what to write or flash instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.flashed import super_missing
from jetfleet.catalog.power import other_highest, plain_mode

if TYPE_CHECKING:
    from collections.abc import Sequence


def no_such_mode(mode: str, modes: Sequence[str], tree: str, tnspec: str) -> str:
    """Return why a board with these modes is refused.

    Parameters
    ----------
    tree, tnspec:
        The board's device tree and what was flashed, as `super_missing` takes them.

    """
    sentence = f"this board has no power mode {mode}, it has {', '.join(modes)}"
    other = other_highest(mode, modes)
    write = f"write `power: {{mode: {other}}}`" if other else "write one of these"
    if "SUPER" in mode.upper() and not any("SUPER" in name.upper() for name in modes):
        return f"{sentence}: {write}; for the Super modes: {super_missing(tree, tnspec)}"
    if other:
        return f"{sentence}: {write}"
    asked = f"{plain_mode(mode)}_"
    several = [name for name in modes if plain_mode(name).startswith(asked)]
    if several:
        return (
            f"this board has several power modes of {mode}, {', '.join(several)}: write one of "
            "these"
        )
    return f"{sentence}: {write}, or add the mode to its /etc/nvpmodel.conf"
