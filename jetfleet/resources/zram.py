"""Compressed swap in memory, which L4T has by default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import Attributes, Change, Resource, RunOptions, constant, yes_or_no
from jetfleet.steps import LinkResolver, Run, Steps

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNIT = "nvzramconfig.service"
_DOWN = {"disabled", "masked", ""}


@dataclass(frozen=True)
class ZramState:
    """Whether swap in memory is in use, and the UnitFileState of the unit that makes it at boot."""

    used: bool
    starts: str


@dataclass(frozen=True)
class Zram(Resource[ZramState]):
    """No swap is in memory, now and after a boot: a model's weights do not compress."""

    kind: ClassVar[str] = "zram"
    stands_alone: ClassVar[bool] = True

    @property
    def id(self) -> str:
        return "off"

    @property
    def title(self) -> str:
        return "Switch swap in memory (zram) off"

    @classmethod
    def survey(cls, resources: Sequence[Zram], options: RunOptions) -> str:
        del resources, options
        return f"""grep -q '^/dev/zram' /proc/swaps && echo used
systemctl show -p UnitFileState {_UNIT}
"""

    @classmethod
    def read(cls, text: str, resources: Sequence[Zram]) -> dict[str, ZramState]:
        lines = text.splitlines()
        starts = next((x.partition("=")[2] for x in lines if x.startswith("UnitFileState=")), "")
        state = ZramState("used" in lines, starts)
        return {r.key: state for r in resources}

    def desired(self) -> Attributes:
        return {"used": "no", "starts": constant("no")}

    def observed(self, actual: ZramState) -> Attributes:
        starts = "no" if actual.starts in _DOWN else actual.starts
        return {"used": yes_or_no(actual.used), "starts": starts}

    def sentence(self, change: Change, actual: ZramState) -> str:
        del actual
        if change.attribute == "starts":
            return f"{_UNIT} makes swap in memory at boot"
        return "swap in memory is in use"

    def steps(
        self,
        actual: ZramState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, changes, options, resolver
        yield Run(
            f"""set -eu
if systemctl cat {_UNIT} >/dev/null 2>&1; then systemctl -q disable {_UNIT}; fi
sed -n 's/^\\(\\/dev\\/zram[0-9]*\\).*/\\1/p' /proc/swaps | while read -r device; do
  swapoff "$device" || {{
    echo "$device cannot be emptied: stop a service, or reboot the board" >&2
    exit 1
  }}
done
""",
            self.title,
            seconds=600,
            joined=True,
        )
