"""What a board has of all that applies have put there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.resources.access import SSHD, SUDOERS
from jetfleet.resources.applied.images import SURVEY, Images, read_images
from jetfleet.resources.applied.mounts import SURVEY as MOUNTS
from jetfleet.resources.applied.mounts import Mounts, read_mounts
from jetfleet.resources.applied.ours import is_our_file
from jetfleet.resources.applied.record import READ_RECORD, read_record
from jetfleet.resources.network import CONNECTIONS
from jetfleet.steps.systemd import read_units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.resources.applied.gone import Gone

CHANGED = "changed by a person"
"""What a plan says of a file with another content than jetfleet wrote."""

_PLACES = (
    f"/etc/jetfleet /usr/local/lib/jetfleet /etc/systemd/system {CONNECTIONS} {SSHD} {SUDOERS}"
)
_HASHED = re.compile(r"([0-9a-f]{64}) [ *](/.+)")
_MOST_FILES = 2000


@dataclass(frozen=True)
class RemovalState:
    """What a board's record says, and what is there of it.

    Parameters
    ----------
    record:
        Its keys; None if it cannot be read.
    files:
        Hash of each file in jetfleet's folders, by path.
    active:
        Units of jetfleet that run.
    images:
        Those of the engine; None if a run does not ask, or the engine does not run.
    mounts:
        Mount points; None if a run does not ask.

    """

    record: Mapping[str, Any] | None
    files: Mapping[str, str]
    active: frozenset[str] = frozenset()
    images: Images | None = None
    mounts: Mounts | None = None


def survey_script(*, images: bool, mounts: bool) -> str:
    """Return the script that reads it, with images of the engine and mounts if asked for."""
    of_images = (SURVEY if images else "") + (MOUNTS if mounts else "")
    ours = (
        "-path '/etc/jetfleet/*' -o -path '/usr/local/lib/jetfleet/*' -o -name 'jetfleet*'"
        f" -o -path {SSHD}"
    )
    return f"""{{ {READ_RECORD.strip()}; }} | sed 's/^/record /'
echo
find {_PLACES} -type f -size -16384k \\( {ours} \\) -exec sha256sum -- {{}} + |
  head -n {_MOST_FILES}
{of_images}true
"""


def read_state(text: str) -> RemovalState:
    """Return what the script has printed, behind what was read of systemd's units."""
    record: list[str] = []
    files: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("record "):
            record.append(line.removeprefix("record "))
        elif found := _HASHED.fullmatch(line):
            files[found[2]] = found[1]
    active = {name for name, unit in read_units(text).items() if unit.active == "active"}
    known, lines = read_record("\n".join(record)), text.splitlines()
    return RemovalState(known, files, frozenset(active), read_images(lines), read_mounts(lines))


def have(one: Gone, actual: RemovalState, leaving: Sequence[str] = ()) -> str:
    """Return what is there of it, as people read it; empty if there is nothing of jetfleet's.

    Parameters
    ----------
    leaving:
        Services that go too: what only they need is not needed.

    """
    if one.is_data:
        return "present" if _has_data(one, actual, leaving) else ""
    if not one.path:
        # Until the record no longer names it, its removal has not come to its end.
        return "present"
    if not is_our_file(one.path):
        return "present" if one.sha256 else ""
    found = actual.files.get(one.path)
    if found is None:
        return ""
    if found in one.sha256:
        return "present"
    return "" if one.begun else CHANGED


def _has_data(one: Gone, actual: RemovalState, leaving: Sequence[str]) -> bool:
    """Tell whether a mount is in /etc/fstab as jetfleet wrote it, or an image is not needed."""
    if one.kind == "filesystem":
        return actual.mounts is not None and one.name in actual.mounts.ours
    return actual.images is not None and actual.images.is_free(one.name, leaving)
