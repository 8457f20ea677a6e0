"""A swap file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import (
    ABSENT,
    Attributes,
    Change,
    Effects,
    Resource,
    RunOptions,
    constant,
    yes_or_no,
)
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.program import run_program
from jetfleet.steps.shell import words
from jetfleet.text import format_bytes, read_count

if TYPE_CHECKING:
    from collections.abc import Sequence

_STAT = re.compile(r"stat (\d{1,18}) ([0-7]{3,4}) (\S+)")


@dataclass(frozen=True)
class SwapState:
    """A swap file on a board: its bytes and mode, and whether it is used now and later."""

    size: int | None
    mode: str = ""
    used: bool = False
    in_fstab: bool = False


@dataclass(frozen=True)
class Swap(Resource[SwapState]):
    """A swap file of this size is used, now and after each boot.

    Parameters
    ----------
    path:
        Path on the board; its folder is on the NVMe, never on an SD card.
    size:
        Bytes.

    """

    kind: ClassVar[str] = "swap"
    chief: ClassVar[tuple[str, ...]] = ("size",)
    moves: ClassVar[frozenset[str]] = frozenset({"used"})
    stands_alone: ClassVar[bool] = True
    path: str
    size: int

    @property
    def id(self) -> str:
        return self.path

    @property
    def title(self) -> str:
        return f"Swap to {self.path}"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ("filesystem:*",)

    @classmethod
    def survey(cls, resources: Sequence[Swap], options: RunOptions) -> str:
        del options
        paths = words(r.path for r in resources)
        return f"""stat -c 'stat %s %a %n' -- {paths}
sed 's/^/swaps /' /proc/swaps
awk '$3 == "swap" {{ print "fstab " $1 }}' /etc/fstab
"""

    @classmethod
    def survey_files(cls, resources: Sequence[Swap], options: RunOptions) -> tuple[str, ...]:
        del resources, options
        return ("/etc/fstab",)

    @classmethod
    def read(cls, text: str, resources: Sequence[Swap]) -> dict[str, SwapState]:
        stats = {found[3]: found for line in text.splitlines() if (found := _STAT.match(line))}
        lines = [line.split()[:2] for line in text.splitlines()]
        return {
            r.key: SwapState(
                size=read_count(stats[r.path][1]) if r.path in stats else None,
                mode=stats[r.path][2] if r.path in stats else "",
                used=["swaps", r.path] in lines,
                in_fstab=["fstab", r.path] in lines,
            )
            for r in resources
        }

    def desired(self) -> Attributes:
        return {
            "size": format_bytes(self.size),
            "mode": constant("600"),
            "used": constant("yes"),
            "fstab": constant("yes"),
        }

    def observed(self, actual: SwapState) -> Attributes:
        if actual.size is None:
            return {"size": ABSENT, "fstab": yes_or_no(actual.in_fstab)}
        return {
            "size": format_bytes(actual.size),
            "mode": actual.mode,
            "used": yes_or_no(actual.used),
            "fstab": yes_or_no(actual.in_fstab),
        }

    def sentence(self, change: Change, actual: SwapState) -> str:
        sentences = {
            "size": f"{self.path} is {change.have}",
            "mode": f"others may read {self.path}, which holds memory of all programs",
            "used": f"the kernel does not swap to {self.path}",
            "fstab": f"/etc/fstab does not have {self.path}",
        }
        del actual
        return sentences[change.attribute]

    def effects(self, actual: SwapState, changes: Sequence[Change]) -> Effects:
        del changes
        more = self.size - (actual.size or 0)
        return Effects(peak=max(0, more), final=more)

    def steps(
        self,
        actual: SwapState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del options, resolver
        # A file that is used as it is stays: only what would be made again must be emptied first.
        made = {change.attribute for change in changes} & {"size", "mode"}
        unmarked = not actual.used and actual.in_fstab
        job = {"path": self.path, "size": self.size, "make": bool(made) or unmarked}
        yield Run(run_program("place.py", "swap.py", job=job), self.title, seconds=900, joined=True)
