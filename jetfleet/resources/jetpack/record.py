"""What an upgrade of L4T that has not ended has written down on the board."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from jetfleet.resources.base import Row, Unreadable, read_row

RECORD = "/var/lib/jetfleet/upgrade/record.json"
"""`jetfleet/board/upgrade.py` writes it."""

LARGEST = 65536
_MARK = "upgrade "
_VERSION = re.compile(r"\d{1,4}\.\d{1,4}\.\d{1,4}")


class _Written(Row):
    to: str
    phase: Literal["install", "reboot"]
    boot: str


@dataclass(frozen=True)
class UpgradeRecord:
    """An upgrade that has not ended.

    Parameters
    ----------
    to:
        The release that it was to bring.
    waits:
        Its packages are installed, and the board has not rebooted since.
    installs:
        Its packages may be half installed.

    """

    to: str
    waits: bool
    installs: bool

    @property
    def sentence(self) -> str:
        """What a person reads of it."""
        if self.installs:
            return (
                f"an upgrade to L4T {self.to} was interrupted, and packages may be half installed"
            )
        return f"the upgrade to L4T {self.to} is installed, and the board has not rebooted since"


def show_upgrade() -> str:
    """Script that prints the record and the number of this boot, for `read_upgrade`."""
    return f"""if [ -f {RECORD} ]; then
  read -r boot < /proc/sys/kernel/random/boot_id
  echo "{_MARK}$boot $(head -c {LARGEST} {RECORD} | tr '\\n' ' ')"
fi
"""


def read_upgrade(text: str) -> UpgradeRecord | None:
    """Return the upgrade that has not ended, of what `show_upgrade` printed among other lines.

    An upgrade whose reboot has happened has ended. Raise `Unreadable` for a record in another form.
    """
    line = next((one for one in text.splitlines() if one.startswith(_MARK)), "")
    if not line:
        return None
    boot, _, content = line.removeprefix(_MARK).partition(" ")
    found = read_row(_Written, content, "an upgrade of L4T")
    if not _VERSION.fullmatch(found.to):
        raise Unreadable(f"the record {RECORD} names no release: remove it")
    waits = found.phase == "reboot" and found.boot == boot
    installs = found.phase == "install"
    return UpgradeRecord(found.to, waits, installs) if waits or installs else None
