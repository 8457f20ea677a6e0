"""The Docker daemon as a survey reads it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from jetfleet.resources.base import Unreadable
from jetfleet.resources.daemon.restart import BACKUP, CONFIG, STARTED_WITH
from jetfleet.steps import Refused
from jetfleet.steps.systemd import read_units
from jetfleet.text import UnreadableJson, read_object

UNIT = "docker.service"
TOOLKIT = "nvidia-container-toolkit"


@dataclass(frozen=True)
class DaemonState:
    """The daemon's file, what it was started with, and whether it answers.

    Parameters
    ----------
    engine:
        Version of the engine's package, ``yes`` if it came without one, empty without one.
    toolkit:
        Version of NVIDIA's Container Toolkit, empty if no package says so.
    raw_table:
        The kernel has iptables' raw table, which Docker 28 and later needs for bridges.
    config, started_with:
        Text of the file, and of the file at the daemon's last start; None if absent. The keys of
        others may hold passwords: only the merge reads them.
    drop_in:
        Hash of the drop-in that the daemon was started with.
    active, enabled, stale_unit:
        As systemd has docker.service.
    starting:
        docker.service is being started.
    starts_with:
        Hash of the drop-in that its next start gets.
    backup:
        The old file of a run that died before it knew whether the new one works is still there.

    """

    engine: str
    raw_table: bool
    config: str | None = field(repr=False)
    started_with: str | None = field(repr=False)
    drop_in: str
    active: bool
    enabled: bool
    stale_unit: bool
    backup: bool = False
    toolkit: str = ""
    starting: bool = False
    starts_with: str = ""


# Asking dockerd itself for its version costs more than all the rest of this section.
SURVEY = f"""packages=$(dpkg-query -W -f '${{Package}}=${{Version}}\\n' \\
  docker.io docker-ce {TOOLKIT})
echo "$packages"
case $packages in
  *[=:]2[89].*|*[=:][3-9][0-9].*) modprobe -n iptable_raw && echo raw_table=yes ;;
esac
[ -x /usr/bin/dockerd ] || [ -x /usr/sbin/dockerd ] && echo dockerd=yes
for f in {CONFIG} {STARTED_WITH}; do
  [ -f $f ] && echo "$f $(head -c 1048576 $f | base64 -w0)"
done
[ -f {BACKUP} ] && echo backup=yes
true
"""
"""Shell script that reads the daemon's state; systemd's part is read with other units."""


def read_daemon(text: str) -> DaemonState:
    """Return the daemon that the survey printed, or `Unreadable`."""
    fields: dict[str, str] = {}
    files: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith(("/etc/", "/run/")):
            path, _, encoded = line.partition(" ")
            files[path] = _text(encoded)
        else:
            name, _, value = line.partition("=")
            fields[name] = value
    unit = read_units(text).get(UNIT)
    if unit is None:
        raise Unreadable(f"systemd says nothing of {UNIT}")
    return DaemonState(
        engine=fields.get("docker-ce") or fields.get("docker.io") or fields.get("dockerd", ""),
        toolkit=fields.get(TOOLKIT, ""),
        raw_table=fields.get("raw_table") == "yes",
        config=files.get(CONFIG),
        started_with=files.get(STARTED_WITH),
        drop_in=unit.started_with,
        active=unit.active == "active",
        enabled=unit.enabled,
        stale_unit=unit.stale,
        starting=unit.active == "activating",
        starts_with=unit.starts_with,
        backup=fields.get("backup") == "yes",
    )


def _text(encoded: str) -> str:
    # A byte that is not UTF-8 stays recognisable: such a file is refused, and never written back.
    return base64.b64decode(encoded).decode(errors="surrogateescape")


def parsed(text: str | None) -> dict[str, Any]:
    """Return what a file holds; nothing if it is absent or holds no JSON object."""
    try:
        return read_object(text or "{}")
    except UnreadableJson:
        return {}


def check_json(text: str | None, path: str) -> None:
    """Raise `Refused` for a file that holds no JSON object: it would be overwritten."""
    if text is None or not text.strip():
        return
    if any("\udc80" <= char <= "\udcff" for char in text):
        raise Refused(
            f"{path} is not text in UTF-8, which JSON must be: convert it (`iconv -f latin1 -t "
            "utf8`), or remove it; it is not overwritten"
        )
    try:
        found = read_object(text)
    except UnreadableJson as error:
        raise Refused(
            f"{path} is not valid JSON ({error}): Docker would not start with it after the next "
            "reboot; repair or remove it, it is not overwritten"
        ) from error
    if "\N{REPLACEMENT CHARACTER}" in json.dumps(found, ensure_ascii=False):
        raise Refused(
            f"{path} has a value that is not UTF-8, and another value would be written in its "
            "place: save the file as UTF-8"
        )
