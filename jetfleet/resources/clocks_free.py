"""Clocks that are free to rise and fall, also after a person or an apply has pinned them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import (
    Attributes,
    Change,
    Resource,
    RunOptions,
    Unreadable,
    constant,
    yes_or_no,
)
from jetfleet.resources.clocks import UNIT
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.program import run_shell
from jetfleet.steps.systemd import read_units

if TYPE_CHECKING:
    from collections.abc import Sequence

_PINNED = re.compile(r"^pinned ([A-Za-z0-9-]{1,40})$", re.MULTILINE)
_PINS = re.compile(r"^pins ([A-Za-z0-9:_.@-]{1,120}\.service)$", re.MULTILINE)


@dataclass(frozen=True)
class FreeState:
    """Which clocks are pinned, and what pins them at the next boot.

    Parameters
    ----------
    enabled:
        jetfleet's own unit pins them at each boot.
    others:
        Units of others that start at boot and run jetson_clocks.

    """

    pinned: tuple[str, ...]
    enabled: bool
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class FreeClocks(Resource[FreeState]):
    """No clock of CPU, GPU or memory is pinned now, and jetfleet pins none at the next boot."""

    kind: ClassVar[str] = "clocks-free"
    chief: ClassVar[tuple[str, ...]] = ("pinned",)
    moves: ClassVar[frozenset[str]] = frozenset({"pinned"})
    stands_alone: ClassVar[bool] = True

    @property
    def id(self) -> str:
        return "all"

    @property
    def title(self) -> str:
        return "Free the clocks"

    @property
    def depends_on(self) -> tuple[str, ...]:
        # A change of the power mode frees them, and so does the removal of clocks:locked.
        return ("power:*", "removal:*")

    @property
    def units(self) -> tuple[str, ...]:
        return (UNIT,)

    @classmethod
    def survey(cls, resources: Sequence[FreeClocks], options: RunOptions) -> str:
        del resources, options
        return f"""pinned=$({run_shell("clocks.sh", "pinned")}) || exit 1
[ -z "$pinned" ] || echo "$pinned" | sed 's/^/pinned /'
grep -lsw jetson_clocks /etc/systemd/system/*.wants/*.service | sed 's,.*/,pins ,' | sort -u
"""

    @classmethod
    def read(cls, text: str, resources: Sequence[FreeClocks]) -> dict[str, FreeState]:
        unit = read_units(text).get(UNIT)
        if unit is None:
            raise Unreadable(f"systemd says nothing of {UNIT}")
        others = tuple(name for name in _PINS.findall(text) if name != UNIT)
        state = FreeState(tuple(_PINNED.findall(text)), unit.enabled, others)
        return {r.key: state for r in resources}

    def desired(self) -> Attributes:
        return {"pinned": "none", "enabled": constant("no")}

    def observed(self, actual: FreeState) -> Attributes:
        return {"pinned": ", ".join(actual.pinned) or "none", "enabled": yes_or_no(actual.enabled)}

    def sentence(self, change: Change, actual: FreeState) -> str:
        sentences = {
            "pinned": f"clocks are pinned: {', '.join(actual.pinned)}",
            "enabled": f"{UNIT} pins the clocks at each boot",
        }
        return sentences.get(change.attribute) or super().sentence(change, actual)

    def notes(self, actual: FreeState) -> Sequence[str]:
        return tuple(
            f"{name} runs jetson_clocks at each boot, so that the clocks are pinned again: run "
            f"`systemctl disable {name}` on the board, or leave `power.clocks` out"
            for name in actual.others
        )

    def steps(
        self,
        actual: FreeState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, changes, options, resolver
        # Stopped first: a boot may be pinning them at this moment. The board may not have the unit.
        off = f"systemctl -q disable {UNIT} 2>/dev/null || true\nsystemctl stop {UNIT} || true\n"
        yield Run(off + run_shell("clocks.sh", "restore"), self.title, seconds=240, joined=True)
