"""A filesystem that was mounted by hand: compared, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from jetfleet.resources.adopted.remedy import REMEDY
from jetfleet.resources.base import ABSENT, Attributes, Change, OnlyCompared, RunOptions, constant
from jetfleet.resources.filesystem import DEVICE_TIMEOUT, ON_ERROR, Disk, Filesystem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PLAIN = frozenset({"defaults", "nofail", ON_ERROR, DEVICE_TIMEOUT})
"""Mount options that a spec does not name: the usual ones, and those that jetfleet adds."""

_FIELDS = 4
"""Of a line of /etc/fstab, up to the mount options."""


@dataclass(frozen=True)
class AdoptedFilesystem(OnlyCompared[Disk], Filesystem):
    """A filesystem of the disk is mounted there, now and by /etc/fstab, with these options."""

    kind: ClassVar[str] = "adopted-filesystem"

    @property
    def title(self) -> str:
        return f"Compare {self.mount}, which was set up by hand"

    def desired(self) -> Attributes:
        return {
            "mounted": self.device,
            "fstab": constant("a line"),
            "filesystem": self.filesystem,
            "options": _options(self.options),
        }

    def observed(self, actual: Disk) -> Attributes:
        fields = actual.fstab.split()
        mounted = {"mounted": self.device if actual.in_use else actual.mounted or "no"}
        if len(fields) < _FIELDS:
            return {**mounted, "fstab": ABSENT}
        options = _options(options_of(fields[3]))
        return {**mounted, "fstab": "a line", "filesystem": fields[2], "options": options}

    def details(self) -> Mapping[str, Any]:
        return {"mount": self.mount}

    def refuse(self, actual: Disk, options: RunOptions) -> None:
        """Raise `Refused` only if the disk cannot be written: jetfleet never changes it."""
        del options
        self.check_health(actual)

    def sentence(self, change: Change, actual: Disk) -> str:
        del actual
        sentences = {
            "mounted": f"{self.device} is not mounted at {self.mount}",
            "fstab": f"/etc/fstab does not mount {self.mount}",
        }
        other = f"/etc/fstab mounts {self.mount} with another {change.attribute}"
        return sentences.get(change.attribute, other)

    def explain(self, change: Change, actual: Disk, options: RunOptions) -> Change:
        return OnlyCompared.explain(self, change, actual, options)

    def remedy(self, changes: Sequence[Change]) -> str:
        return f"{changes[0].sentence}, and it was set up by hand: {REMEDY}"


def options_of(field: str) -> list[str]:
    """Return the options in the fourth field of a line of /etc/fstab."""
    return [option for option in field.split(",") if option]


def _options(options: Iterable[str]) -> str:
    """Return mount options in one order, without the usual ones."""
    return ",".join(sorted(set(options) - PLAIN)) or "none"
