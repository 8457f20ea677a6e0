"""The Docker daemon as a survey reads it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from jetfleet.board import sent
from jetfleet.catalog.docker_packages import PACKAGES, TOOLKIT
from jetfleet.resources.base import Unreadable
from jetfleet.resources.daemon.contents import Contents, read_contents
from jetfleet.resources.daemon.flags import Flag, read_flags
from jetfleet.resources.daemon.items import ITEMS, Items, read_items
from jetfleet.resources.daemon.restart import CONFIG, STARTED_WITH
from jetfleet.steps import Refused
from jetfleet.steps.packages import packages
from jetfleet.steps.shell import words
from jetfleet.steps.systemd import read_units
from jetfleet.text import UnreadableJson, read_object

UNIT = "docker.service"


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
    raw_rules:
        Docker writes rules into it; False if its unit has DOCKER_INSECURE_NO_IPTABLES_RAW=1.
    iptables:
        The flags of dockerd let it write rules at all.
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
    flags:
        Flags of dockerd, with the file that sets each.
    store:
        ``docker`` or ``containerd``: who keeps the engine's images; empty where it was not asked.
    containerd_root:
        Where containerd keeps them; empty if it does not.
    contents:
        Containers and volumes that jetfleet did not make, and the images.
    proxy:
        Hash of the file of the proxy that the daemon was started with; empty without one.
    copy:
        The folder of the spec is a copy of the engine's data that no start was noted of.
    filled:
        What the folder of the spec has, where the engine does not have it yet: ``data``, or those
        that were ``moved`` away from there; empty for an empty folder.
    put:
        Items that jetfleet has put into lists of the file.

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
    raw_rules: bool = True
    iptables: bool = True
    flags: tuple[Flag, ...] = ()
    store: str = ""
    containerd_root: str = ""
    contents: Contents = field(default_factory=Contents)
    proxy: str = ""
    copy: bool = False
    filled: str = ""
    put: Items = field(default_factory=dict)


SET_UP = frozenset({"installed", "triggers-pending", "triggers-awaited"})
"""States of a package whose files are there and set up: dpkg(1)."""


def survey_daemon(data_root: str) -> str:
    """Return the script that reads the daemon; systemd's part is read with other units.

    `data_root` is the folder of the spec, empty without one: where the daemon runs with another
    one, its images are counted.
    """
    said = packages("%s=%.0s%s=%s", PACKAGES)
    programs = sent("image_store.sh") + sent("docker_survey.sh")
    return f"set -- {words([data_root])}\npackages=$({said})\n{programs}"


def read_daemon(text: str) -> DaemonState:
    """Return the daemon that the survey printed, or `Unreadable`."""
    fields: dict[str, str] = {}
    files: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith(("/etc/", "/run/", "/var/")):
            path, _, encoded = line.partition(" ")
            files[path] = _text(encoded)
        else:
            name, _, value = line.partition("=")
            fields[name] = value
    unit = read_units(text).get(UNIT)
    if unit is None:
        raise Unreadable(f"systemd says nothing of {UNIT}")
    store, _, folder = fields.get("store", "").partition(" ")
    if store == "unknown":
        raise Unreadable("the Docker daemon runs and does not answer")
    packages = [_version(fields.get(name, "")) for name in ("docker-ce", "docker.io")]
    return DaemonState(
        engine=next(filter(None, packages), fields.get("dockerd", "")),
        toolkit=_version(fields.get(TOOLKIT, "")),
        raw_table=fields.get("raw_table") == "yes",
        raw_rules=fields.get("raw_rules") != "no",
        iptables=fields.get("iptables") != "no",
        config=files.get(CONFIG),
        started_with=files.get(STARTED_WITH),
        drop_in=unit.started_with,
        active=unit.active == "active",
        enabled=unit.enabled,
        stale_unit=unit.stale,
        starting=unit.active == "activating",
        starts_with=unit.starts_with,
        backup=fields.get("backup") == "yes",
        flags=read_flags(text),
        store=store,
        containerd_root=folder if store == "containerd" else "",
        contents=read_contents(text),
        proxy=fields.get("proxy", ""),
        copy=fields.get("copy") == "yes",
        filled=fields.get("target", ""),
        put=read_items(files.get(ITEMS)),
    )


def _version(text: str) -> str:
    """Return the version of ``VERSION=STATE``; empty for a package that is not installed."""
    version, _, state = text.partition("=")
    return version if not state or state in SET_UP else ""


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
