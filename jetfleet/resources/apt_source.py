"""NVIDIA's apt source on a board: it must be there, and be that of the board's L4T."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import Attributes, Change, OnlyCompared, RunOptions

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NAME = "/etc/apt/sources.list.d/nvidia-l4t-apt-source"
_LARGEST = 65536
_LINE = re.compile(r"(?P<off>[#\s]*)deb\s+(\[[^]]*\]\s+)?\S+/jetson/\S*\s+(?P<release>r[\d.]+)\s")


@dataclass(frozen=True)
class AptSource(OnlyCompared["tuple[str, ...]"]):
    """The apt source of L4T is read, and a note says what is wrong with it; it is not changed.

    The state are the lines of its files, each file after its path.

    Parameters
    ----------
    l4t:
        Release of the spec, such as ``36.4.3``.

    """

    kind: ClassVar[str] = "apt-source"
    l4t: str

    @property
    def id(self) -> str:
        return "l4t"

    @property
    def title(self) -> str:
        return "Check the apt source of L4T"

    @classmethod
    def survey(cls, resources: Sequence[AptSource], options: RunOptions) -> str:
        del resources, options
        return f"""for file in {_NAME}.*; do
  [ -f "$file" ] || continue
  echo "file $file"
  head -c {_LARGEST} "$file"
  echo
done
true
"""

    @classmethod
    def read(cls, text: str, resources: Sequence[AptSource]) -> dict[str, tuple[str, ...]]:
        lines = tuple(line for line in text.splitlines() if line.strip())
        return {r.key: lines for r in resources}

    def desired(self) -> Attributes:
        return {}

    def observed(self, actual: tuple[str, ...]) -> Attributes:
        del actual
        return {}

    def remedy(self, changes: Sequence[Change]) -> str:
        return f"{changes[0].sentence}: repair {_NAME}.list"

    def notes(self, actual: tuple[str, ...]) -> Sequence[str]:
        wrong = next(self._wrong(actual), "")
        return [f"{wrong}: apt cannot install or repair packages of L4T"] if wrong else []

    def _wrong(self, lines: Sequence[str]) -> Iterator[str]:
        """Yield what is wrong, the first cause first."""
        release = f"r{'.'.join(self.l4t.split('.')[:2])}"
        files = [line.removeprefix("file ") for line in lines if line.startswith("file ")]
        read = [one for one in files if one.endswith((".list", ".sources"))]
        if not read:
            renamed = f" (it was renamed to {files[0]}: rename it back)" if files else ""
            yield f"{_NAME}.list is missing{renamed}"
            return
        if any("<SOC>" in line for line in lines):
            yield f"{read[0]} has the placeholder <SOC>: write t234 for Orin, or som from r39 on"
        if read[0].endswith(".sources"):
            return
        found = [match for line in lines if (match := _LINE.match(f"{line} "))]
        on = {match["release"] for match in found if not match["off"].strip()}
        if not on:
            yield f"each source in {read[0]} is commented out: remove the # before `deb`"
        elif release not in on:
            yield (
                f"{read[0]} names {', '.join(sorted(on))}, and L4T {self.l4t} needs {release}: "
                "write that release, or the board mixes packages of two releases"
            )
