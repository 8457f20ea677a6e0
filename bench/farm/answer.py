"""What a board that is as its spec wants answers to a survey.

The answer is made from the resources themselves; its form is that of the virtual Jetsons. Where the
form changes, a run finds differences on boards that have none, and the bench ends.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from jetfleet.resources import (
    Applied,
    Board,
    Daemon,
    DockerPackages,
    File,
    Filesystem,
    Image,
    Model,
    Package,
    PowerMode,
    Removal,
    Resource,
    Service,
)
from jetfleet.resources.daemon.restart import CONFIG, STARTED_WITH
from jetfleet.resources.model.marker import MARKER

GIB = 1 << 30
_UUID = "54d53e82-19d0-458d-ba6c-82abf5feb4fe"

Resources = Mapping[str, Resource[Any]]
T = TypeVar("T")


def answer(resources: Resources) -> str:
    """Return what the survey of a converged board prints, with `{frame}` for the run's frame."""
    parts = {"lease": "100.00\n", "clock": "{clock}\n", "systemd": _systemd(resources)}
    parts["engine"] = ""  # the sections of its kinds have its answers
    for kind in dict.fromkeys(type(one) for one in resources.values()):
        mine = [one for one in resources.values() if type(one) is kind]
        parts[kind.kind] = _SECTIONS.get(kind, _nothing)(mine)
    parts[Removal.kind] = _removal(resources)
    return "".join(
        f"{{frame}} begin {name}\n{text}\n{{frame}} end {name} 0\n" for name, text in parts.items()
    )


def filled(text: str, frame: str) -> str:
    """Return an answer as one board prints it now."""
    now = f"clock {int(time.time())} {int(time.time())}"
    return text.replace("{frame}", frame).replace("{clock}", now)


def down(text: str, resources: Resources) -> str:
    """Return an answer in which the services of the board are not up."""
    for service in _of(resources, Service):
        up = f"Id={service.unit}\nActiveState=active\n"
        text = text.replace(up, up.replace("=active", "=inactive"))
    return text


def _nothing(mine: Sequence[Any]) -> str:
    del mine
    return ""


def _systemd(resources: Resources) -> str:
    started = {one.unit: one.started_with for one in _of(resources, Service)}
    started |= {unit: one.drop_in for one in _of(resources, Daemon) for unit in one.units}
    units = sorted({unit for one in resources.values() for unit in one.units})
    shown, running = [], []
    for pid, unit in enumerate(units, 1000):
        environment = f"JETFLEET_STARTED_WITH={started[unit]}" if unit in started else ""
        shown.append(
            f"MainPID={pid if environment else 0}\nEnvironment={environment}\nId={unit}\n"
            "ActiveState=active\nUnitFileState=enabled\nInactiveExitTimestampMonotonic=1000000\n"
            "ActiveEnterTimestampMonotonic=5000000\nJob=\nNeedDaemonReload=no\n"
        )
        if environment:
            running.append(f"/proc/{pid}/environ:{environment}\n")
    return "\n".join(shown) + "".join(running)


def _of(resources: Resources, kind: type[T]) -> Iterator[T]:
    return (one for one in resources.values() if isinstance(one, kind))


def _board(mine: Sequence[Board]) -> str:
    major, _, rest = mine[0].l4t.partition(".")
    return (
        f"# R{major} (release), REVISION: {rest}, GCID: 00000000, BOARD: generic, EABI: aarch64\n"
        "memory 64349184\nmodel NVIDIA Jetson AGX Orin Developer Kit\n"
        "compatible nvidia,p3737-0000+p3701-0005 nvidia,p3701-0005 nvidia,tegra234\n"
    )


def _package(mine: Sequence[Package]) -> str:
    return "".join(f"{one.name} installed\n" for one in mine)


def _docker_packages(mine: Sequence[DockerPackages]) -> str:
    del mine
    versions = {"docker.io": "27.5.1", "nvidia-container-toolkit": "1.16.2"}
    listed = "".join(f"package {name} {one} installed\n" for name, one in versions.items())
    return f"{listed}program=dockerd\nprogram=nvidia-container-runtime\n"


def _filesystem(mine: Sequence[Filesystem]) -> str:
    disk = mine[0]
    options = [*disk.options, "errors=remount-ro", "rw"]
    health = {"mount": disk.mount, "options": sorted(options), "error": "", "warning": 0}
    return (
        f"link {disk.device} {disk.device}\ndevice {disk.device}\ndevice {disk.device}p1\n"
        f"DEVNAME={disk.device}\nPTUUID=1\nPTTYPE=gpt\n\n"
        f"DEVNAME={disk.device}p1\nUUID={_UUID}\nTYPE={disk.filesystem}\nUSAGE=filesystem\n"
        "PART_ENTRY_SCHEME=gpt\nPART_ENTRY_NAME=jetfleet\nPART_ENTRY_NUMBER=1\n"
        f"mount /dev/mmcblk0p1 /\nmount {disk.device}p1 {disk.mount}\n"
        f"fstab UUID={_UUID} {disk.mount} {disk.filesystem} "
        f"{','.join(['defaults', *disk.options])},errors=remount-ro,nofail,"
        f"x-systemd.device-timeout=30s 0 2\nhealth {json.dumps(health)}\n"
    )


def _file(mine: Sequence[File]) -> str:
    stats = (f"stat|regular file|{f.mode}|{f.owner}|{f.group}|{f.path}\n" for f in mine)
    return "".join([*stats, *_hashes(mine)])


def _hashes(files: Sequence[File]) -> Iterator[str]:
    for file in files:
        yield f"{hashlib.sha256(file.content.encode()).hexdigest()}  {file.path}\n"


def _daemon(mine: Sequence[Daemon]) -> str:
    text = base64.b64encode(mine[0].settings.encode()).decode()
    return f"docker.io=27.5.1=installed\ndockerd=yes\n{CONFIG} {text}\n{STARTED_WITH} {text}\n"


def _power(mine: Sequence[PowerMode]) -> str:
    return (
        f"< POWER_MODEL ID=0 NAME={mine[0].mode} >\n< POWER_MODEL ID=1 NAME=MODE_15W >\n"
        f"NV Power Mode: {mine[0].mode}\n0\nsaved pmode:0000 fmode:fanNull\n"
    )


def _image(mine: Sequence[Image]) -> str:
    return "".join(
        json.dumps(
            {
                "Id": one.digest,
                "RepoDigests": [f"{one.repository}@{one.digest}"],
                "RepoTags": [f"{one.repository}:{one.tag}"],
            }
        )
        + "\n"
        for one in mine
    )


def _model(mine: Sequence[Model]) -> str:
    marked, there = [], []
    for one in mine:
        folder = f"{one.directory}/{one.name}/{one.revision}"
        about = {"name": one.name, "revision": one.revision, "schema": 1, "source": one.source}
        marked.append(f"marker {folder}/{MARKER} {json.dumps(about)}\n")
        for file in one.files:
            what = f"{file.size} 1795887179.5732145660"
            marked.append(f"marker {folder}/{MARKER} {file.sha256} {what} {file.path}\n")
            size, _, time_of = what.partition(" ")
            there.append(f"file {size} {-(-file.size // 512)} {time_of} {folder}/{file.path}\n")
        there.append(f"file 1182 8 1795887179.8386316970 {folder}/{MARKER}\n")
    free = [f"free {900 * GIB} /mnt/nvme|{mine[0].directory}\n"]
    return "".join([*marked, "\n", *there, *free])


def _service(mine: Sequence[Service]) -> str:
    lines = []
    for one in mine:
        lines += [f"read {sha}  {path}\n" for path, sha in one.reads]
        labels = {"jetfleet.started-with": one.started_with}
        state = {"name": f"/{one.name}", "labels": labels, "status": "running"}
        lines.append(json.dumps(state) + "\n")
    return "".join(lines)


def _removal(resources: Resources) -> str:
    record = "".join(f"record {_applied([one])}" for one in _of(resources, Applied))
    return "".join([record, "\n", *_hashes(list(_of(resources, File)))])


def _applied(mine: Sequence[Applied]) -> str:
    record = mine[0].desired()["record"]
    return json.dumps({**record.value, "commit": "", "schema": 2, "put": record.beside}) + "\n"


_SECTIONS: Mapping[type[Resource[Any]], Callable[[Sequence[Any]], str]] = {
    Applied: _applied,
    Board: _board,
    Daemon: _daemon,
    DockerPackages: _docker_packages,
    File: _file,
    Filesystem: _filesystem,
    Image: _image,
    Model: _model,
    Package: _package,
    PowerMode: _power,
    Service: _service,
}
