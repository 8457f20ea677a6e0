"""A change of a board that no run has confirmed, as a survey reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.steps.switch import FOLDER
from jetfleet.text import UnreadableJson, format_duration, printable, read_object

if TYPE_CHECKING:
    from collections.abc import Mapping

_MARK = "unconfirmed "
_LONGEST = 80
"""Characters of a name."""

NOTED_SECONDS = 86400
"""How long a plan says that the board has undone a change."""


@dataclass(frozen=True)
class Unconfirmed:
    """A change that waits for its confirmation, or was undone without one.

    Parameters
    ----------
    name:
        What was changed; empty if there is no such change.
    left:
        Seconds until the board undoes it; None if it has done so.
    ago:
        Seconds since then, None if it was before the boot.

    """

    name: str = ""
    left: float | None = None
    ago: float | None = None

    @property
    def waits(self) -> bool:
        """Whether the board will undo it."""
        return bool(self.name) and self.left is not None

    @property
    def note(self) -> str:
        """What a plan and a status say of it; empty if there is nothing to say."""
        if not self.name:
            return ""
        if self.left is not None:
            when = f"in {format_duration(self.left)}" if self.left > 0 else "now"
            return f"a change of {self.name} is not confirmed: the board undoes it {when}"
        if self.ago is not None and self.ago > NOTED_SECONDS:
            return ""
        when = "at its boot" if self.ago is None else f"{format_duration(self.ago)} ago"
        return f"a change of {self.name} was not confirmed: the board has undone it {when}"


def show() -> str:
    """Script that prints it, for `read`; it changes nothing."""
    return f"""for switch in armed back; do
  [ ! -f {FOLDER}/$switch.json ] ||
    echo "{_MARK}$(cut -d ' ' -f 1 /proc/uptime) $switch $(head -c 4096 {FOLDER}/$switch.json)"
done
"""


def read(text: str) -> Unconfirmed:
    """Return what `show` printed, among other lines."""
    lines = [line.split(" ", 3) for line in text.splitlines() if line.startswith(_MARK)]
    found = [_one(words[1], words[2], words[3]) for words in lines if len(words) == 4]  # noqa: PLR2004
    return next((one for one in found if one.name), Unconfirmed())


def _one(uptime: str, kind: str, text: str) -> Unconfirmed:
    try:
        about, now = read_object(text), float(uptime)
    except (UnreadableJson, ValueError):
        return Unconfirmed()
    name = printable(str(about.get("name", "")))[:_LONGEST]
    if kind == "armed":
        return Unconfirmed(name, left=max(0.0, _number(about, "until") - now))
    if about.get("why") in {"run", "change"}:
        return Unconfirmed()  # a run has said so
    passed = now - _number(about, "uptime")
    return Unconfirmed(name, ago=passed if about.get("why") == "timer" and passed >= 0 else None)


def _number(about: Mapping[str, Any], name: str) -> float:
    found = about.get(name, 0)
    return float(found) if isinstance(found, int | float) else 0.0
