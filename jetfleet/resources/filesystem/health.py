"""Whether a mounted filesystem can be written, and what its SSD says of itself."""

from __future__ import annotations

from dataclasses import dataclass

from jetfleet.resources.base import Unreadable
from jetfleet.text import read_object

READ_ONLY = frozenset({"ro", "emergency_ro"})
"""Mount options of a filesystem that cannot be written; the kernel sets them after an error."""

REMEDY = "look at `dmesg`, run fsck, or replace the disk"

_MEDIA_READ_ONLY = 8
_WARNINGS = {
    1: "its spare blocks are almost used up",
    2: "it is too hot or too cold",
    4: "it is no longer reliable",
    _MEDIA_READ_ONLY: "its media are read-only",
    16: "the backup of its volatile memory has failed",
    32: "its persistent memory is read-only or unreliable",
}
"""Bits of `critical_warning`: NVM Express Base Specification, SMART / Health Information."""


@dataclass(frozen=True)
class Health:
    """What a survey found of a mounted filesystem.

    Parameters
    ----------
    mount:
        Mount point.
    options:
        Mount options, those of the filesystem too.
    error:
        Name of the error that a small write ended with, such as ``EROFS``; empty without one.
    warning:
        `critical_warning` of the NVMe, 0 if it does not warn or was not asked.

    """

    mount: str = ""
    options: frozenset[str] = frozenset()
    error: str = ""
    warning: int = 0

    def refusal(self, device: str) -> str:
        """Return why the disk must not be used; empty if it can be written."""
        at = f"{device} at {self.mount}"
        if self.options & READ_ONLY or self.error == "EROFS":
            return f"the NVMe is read-only ({at}): {REMEDY}"
        if self.warning & _MEDIA_READ_ONLY:
            return f"the NVMe says that its media are read-only ({at}): replace the disk"
        if self.error:
            return f"the NVMe cannot be written ({at}, {self.error}): {REMEDY}"
        return ""

    def note(self, device: str) -> str:
        """Return what the NVMe warns of; empty if it does not."""
        said = [text for bit, text in _WARNINGS.items() if self.warning & bit]
        if not said:
            return ""
        return (
            f"the NVMe {device} warns: {', '.join(said)} (`nvme smart-log {device}`): plan to "
            "replace it"
        )


def read_health(text: str) -> Health:
    """Return what `jetfleet/board/writable.py` printed of one mount point, or `Unreadable`."""
    try:
        said = read_object(text)
        options = frozenset(map(str, said["options"]))
        return Health(str(said["mount"]), options, str(said["error"]), int(said["warning"]))
    except (ValueError, LookupError, TypeError) as error:
        raise Unreadable(f"the health of a disk cannot be read: {text[:80]!r}") from error
