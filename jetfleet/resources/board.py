"""The board itself: it must be the one that the spec says, before anything on it is changed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from jetfleet.catalog.l4t import parse_nv_tegra_release
from jetfleet.resources.base import (
    Attributes,
    Change,
    OnlyCompared,
    Outlook,
    Resource,
    RunOptions,
)
from jetfleet.steps import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class BoardState:
    """L4T release (empty if it is no Jetson), device-tree model, and SoC such as ``tegra234``."""

    l4t: str
    model: str
    soc: str


@dataclass(frozen=True)
class Board(OnlyCompared[BoardState]):
    """The host is a Jetson with this SoC and this L4T release.

    Parameters
    ----------
    l4t:
        Release of the spec, such as ``36.4.3``: its major and minor number must be the board's.
    soc:
        ``tegra234`` (Orin) or ``tegra264`` (Thor).

    """

    kind: ClassVar[str] = "board"
    l4t: str
    soc: str

    @property
    def id(self) -> str:
        return "release"

    @property
    def title(self) -> str:
        return "Check the board"

    @classmethod
    def survey(cls, resources: Sequence[Board], options: RunOptions) -> str:
        del resources, options
        # /sys/firmware/devicetree/base is what /proc/device-tree points to.
        return """cat /etc/nv_tegra_release ||
  dpkg-query -W -f '# core ${Version}\\n' nvidia-l4t-core
cd /sys/firmware/devicetree/base && for f in model compatible; do
  printf '%s ' $f; tr '\\0' ' ' < $f; echo
done
true
"""

    @classmethod
    def survey_files(cls, resources: Sequence[Board], options: RunOptions) -> tuple[str, ...]:
        del resources, options
        return ("/etc/nv_tegra_release",)

    @classmethod
    def read(cls, text: str, resources: Sequence[Board]) -> dict[str, BoardState]:
        core = re.search(r"^# core (\d+\.\d+\.\d+)", text, re.MULTILINE)
        l4t = parse_nv_tegra_release(text) or (core[1] if core else "")
        lines = (line.partition(" ") for line in text.splitlines())
        fields = {name: value.strip() for name, _, value in lines}
        soc = fields.get("compatible", "").rpartition("nvidia,")[2]
        state = BoardState(l4t, fields.get("model", ""), soc)
        return {r.key: state for r in resources}

    def desired(self) -> Attributes:
        return {"l4t": self.l4t, "soc": self.soc}

    def observed(self, actual: BoardState) -> Attributes:
        # A patch release of L4T is the same release, and old device trees do not name the SoC.
        same = _minor(actual.l4t) == _minor(self.l4t)
        return {"l4t": self.l4t if same else actual.l4t, "soc": actual.soc or self.soc}

    def refuse(self, actual: BoardState, options: RunOptions) -> None:
        del options
        if not actual.l4t:
            raise Refused(
                "no L4T on this host (/etc/nv_tegra_release is missing): check that the address in "
                "the spec is the Jetson's"
            )
        if actual.soc and actual.soc != self.soc:
            raise Refused(
                f"the board is a {actual.model} ({actual.soc}), the spec says {self.soc}: write "
                "the board's own module, or the address of the right board"
            )
        if _minor(actual.l4t) != _minor(self.l4t):
            raise Refused(
                f"the board runs L4T {actual.l4t}, the spec says {self.l4t}: write the board's own "
                "`jetpack` and `l4t`, or flash the board"
            )

    def remedy(self, changes: Sequence[Change]) -> str:
        return f"{changes[0].sentence}: write what the board is, or flash it"

    def outlook(self, old: Resource[Any] | None) -> Outlook:
        if not isinstance(old, Board) or old == self:
            return Outlook()
        now = f"L4T {self.l4t} ({self.soc})"
        return Outlook(refused=f"it has to run {now} first, and {old.l4t} is written now")


def _minor(l4t: str) -> list[str]:
    """Return major and minor number of a release."""
    return l4t.split(".")[:2]
