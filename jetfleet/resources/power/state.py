"""The power modes of a board, as it shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.catalog.flashed import FLASHED
from jetfleet.resources.base import Unreadable
from jetfleet.text import printable, read_count

if TYPE_CHECKING:
    from collections.abc import Mapping

STATUS = "/var/lib/nvpmodel/status"
TREE = "/sys/firmware/devicetree/base/compatible"

_MODE = re.compile(
    r"^[^#\n]*<\s*POWER_MODEL\s+ID\s*=\s*(\d+)\s+NAME\s*=\s*(\S+?)\s*>", re.MULTILINE
)
_CURRENT = re.compile(r"^NV Power Mode: *(\S+)[^\n]*(?:\n\s*(\d+)\s*$)?", re.MULTILINE)
_SAVED = re.compile(r"^saved (?:.*\bpmode:)?0*([0-9]+)\b", re.MULTILINE)
_ENDED = re.compile(r"^query ended with (\d+)$", re.MULTILINE)
_TIMEOUT = "124"
_NONE = "none"
_TREE = re.compile(r"^tree (\S{1,120})$", re.MULTILINE)
_TNSPEC = re.compile(r"^TNSPEC[ =]+(\S{1,120})\s*$", re.MULTILINE)

# stdin must not be a terminal: nvpmodel asks whether to reboot, and would wait for ever.
# The status file is one line, `pmode:0002 fmode:quiet`; some releases leave the fan out.
SURVEY = f"""grep -hE 'POWER_MODEL|^TNSPEC' /etc/nvpmodel.conf {FLASHED} 2>/dev/null
said=$(timeout 20 nvpmodel -q </dev/null 2>/dev/null)
ended=$?
[ "$ended" -eq 0 ] || echo "query ended with $ended"
printf '%s\\n' "$said" | grep -A1 '^NV Power Mode'
echo "tree $(tr '\\0' '\\n' < {TREE} 2>/dev/null | head -n 1)"
echo "saved $(cat {STATUS} 2>/dev/null | tr '\\n' ' ')"
"""
"""Script that prints them, for `read_state`."""


@dataclass(frozen=True)
class PowerState:
    """The power modes of a board.

    Parameters
    ----------
    modes:
        Names by their ids, from the board's conf.
    current:
        Id of the mode that is on; None if nvpmodel knows none, as on a copy of a flashed disk.
    saved:
        Id of the mode that the next boot takes; None if none is saved.
    tree, tnspec:
        The device tree, and what was flashed, as its TNSPEC; empty if the board does not say.

    """

    modes: Mapping[int, str]
    current: int | None
    saved: int | None
    tree: str = ""
    tnspec: str = ""

    @property
    def mode(self) -> str:
        """Name of the mode that is on, as the board has it."""
        return _NONE if self.current is None else self.name(self.current)

    def name(self, number: int) -> str:
        """Return the name of a mode; its id if the conf does not have it."""
        return self.modes.get(number, str(number))


def read_state(text: str) -> PowerState:
    """Return what `SURVEY` printed; raise `Unreadable` for a board that does not tell its modes."""
    modes = {read_count(number): name for number, name in _MODE.findall(text)}
    if not modes:
        raise Unreadable("/etc/nvpmodel.conf did not say which power modes there are")
    ended = _ENDED.search(text)
    if ended and ended[1] == _TIMEOUT:
        raise Unreadable("`nvpmodel -q` gave no answer: log in to the board, and run it")
    saved = _SAVED.search(text)
    next_boot = read_count(saved[1]) if saved else None
    flashed = _TNSPEC.search(text)
    tnspec = printable(flashed[1]) if flashed else ""
    tree = _TREE.search(text)
    return PowerState(
        modes, _current(text, modes), next_boot, printable(tree[1]) if tree else "", tnspec
    )


def _current(text: str, modes: Mapping[int, str]) -> int | None:
    """Return the id of the mode that is on, by what nvpmodel printed."""
    found = _CURRENT.search(text)
    if found is None:
        return None
    if found[2] is not None:
        return read_count(found[2])
    return next((number for number, name in modes.items() if name == found[1]), None)
