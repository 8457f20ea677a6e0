"""Services that run with files: which file each was started with stands in its environment."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.resources import File, UnitUp
from jetfleet.resources.unit_up import DROP_IN
from jetfleet.template import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.resources import Resources
    from jetfleet.spec.own_file import OwnUnit

_TEMPLATE = f"/etc/systemd/system/NAME.d/{DROP_IN}"


@dataclass(frozen=True)
class Reads:
    """A service reads a file when it starts.

    Parameters
    ----------
    enabled:
        Whether it must start at boot; False: that stays as the board has it.

    """

    unit: str
    file: File
    enabled: bool = False


def restarts(reads: Sequence[Reads], own: Mapping[str, tuple[OwnUnit, str]]) -> Resources:
    """Return for each service the file that brings its marker to it, and the service itself.

    Parameters
    ----------
    own:
        Services of the user's own by name, each with the text of its unit.

    """
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for name, (_, text) in own.items():
        texts[name].append(text)
    for one in reads:
        texts[one.unit].append(f"{one.file.path}\0{one.file.content}")
    wanted: Resources = []
    for name, parts in sorted(texts.items()):
        started_with = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        path = _TEMPLATE.replace("NAME", name)
        enabled = any(one.enabled for one in reads if one.unit == name)
        running = True
        if name in own:
            enabled, running = own[name][0].enabled, own[name][0].running
        wanted += [
            File(path, render("base", _TEMPLATE, started_with=started_with)),
            UnitUp(name, started_with, enabled=enabled, running=running),
        ]
    return wanted
