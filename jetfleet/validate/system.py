"""Checks of the system of a host: its users, files and units, and where it swaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources.access import SSHD, SUDOERS
from jetfleet.spec.system import System

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.runtimes.subject import Subject
    from jetfleet.spec.problem import Problem

_WRITTEN_BY = {
    path: key
    for key, paths in {
        "docker.daemon": ["/etc/docker/daemon.json"],
        "extra_hosts": ["/etc/hosts"],
        "hostname": ["/etc/hostname"],
        "storage and swap": ["/etc/fstab"],
        "timezone": ["/etc/localtime", "/etc/timezone"],
        "sshd": [SSHD],
        "sudoers": [SUDOERS],
        "users": ["/etc/group", "/etc/gshadow", "/etc/passwd", "/etc/shadow"],
    }.items()
    for path in paths
}
_OURS = (
    *("/dev/", "/proc/", "/run/", "/sys/"),
    *("/etc/jetfleet/", "/usr/local/lib/jetfleet/", "/var/lib/jetfleet/"),
    "/etc/NetworkManager/system-connections/jetfleet-",
)
_WAYS_IN = ("/etc/pam.d/", "/etc/ssh/sshd_config", "/etc/sudoers")
_NEEDED = frozenset(
    f"{name}.service"
    for name in (
        *("NetworkManager", "containerd", "dbus", "docker", "nvargus-daemon", "nvgetty"),
        *("nvpmodel", "ssh", "sshd", "systemd-journald", "systemd-logind", "systemd-networkd"),
        *("systemd-udevd", "wpa_supplicant"),
    )
)
"""Units that NVIDIA's advice for headless boards warns of, and those of SSH and the network."""

_RESTARTED_BY_US = {"docker.service": "docker.daemon"}


def check_adopted(subject: Subject) -> Iterator[Problem]:
    """Yield a problem for each key of the system on a host that was set up by hand."""
    host = subject.host
    for key in System.model_fields if host.adopted else ():
        if getattr(host, key):
            found = f"{key} on a host with `adopted`"
            expected = "a host that jetfleet sets up"
            remedy = "remove it: jetfleet changes nothing on a board that was set up by hand"
            yield subject.problem((key,), found, expected, remedy)


def check_system(subject: Subject) -> Iterator[Problem]:
    """Yield a problem for what would harm the system, or what another key is for."""
    yield from _users(subject)
    yield from _files(subject)
    yield from _units(subject)
    yield from _swap(subject)


def _users(subject: Subject) -> Iterator[Problem]:
    for name, user in subject.host.users.items():
        if "docker" in user.groups:
            path, found = ("users", name, "groups"), f"the group docker of {name}"
            expected = "groups that are less than root"
            remedy = "leave it out and use sudo, or waive the rule"
            yield subject.problem(path, found, expected, remedy, warning=True, rule="docker-group")


def _files(subject: Subject) -> Iterator[Problem]:
    for path, file in subject.host.files.items():
        place, expected = ("files", path), "a file that nothing else writes"
        if path in _WRITTEN_BY:
            yield subject.problem(place, path, expected, f"write it as {_WRITTEN_BY[path]}")
        elif path.startswith(_OURS) or path.endswith("/"):
            yield subject.problem(place, path, expected, "choose another path")
        elif path.startswith(_WAYS_IN):
            expected = "a file whose mistakes can be repaired"
            remedy = "write it as `sshd` or `sudoers`, or on the board"
            yield subject.problem(place, path, expected, remedy, rule="file-locks-out")
        for unit in file.restart:
            if unit in _RESTARTED_BY_US or unit.startswith("jetfleet-"):
                expected = "a service that jetfleet does not restart by itself"
                remedy = f"write it as {_RESTARTED_BY_US.get(unit, 'part of the service')}"
                yield subject.problem((*place, "restart"), unit, expected, remedy)


def _units(subject: Subject) -> Iterator[Problem]:
    for name, unit in subject.host.units.items():
        place = ("units", name)
        if name.startswith("jetfleet-") or (name in _RESTARTED_BY_US and unit.written):
            expected = "a unit that jetfleet does not write by itself"
            yield subject.problem(place, name, expected, "choose another name")
        elif name in _NEEDED and not unit.enabled:
            found, expected = f"{name}, switched off", "a unit that the board can do without"
            remedy = "leave it out"
            yield subject.problem(place, found, expected, remedy, rule="unit-needed")


def _swap(subject: Subject) -> Iterator[Problem]:
    host = subject.host
    if host.swap is None:
        return
    mount = host.storage.mount if host.storage else None
    path = host.swap.path
    if mount is None or (path is not None and not path.startswith(f"{mount}/")):
        found = f"a swap file at {path}" if path else "a swap file without `storage`"
        expected = f"a path under the storage mount {mount}" if mount else "a disk for it"
        remedy = "move it to the NVMe: on an SD card or eMMC swap is slow, and wears it out"
        yield subject.problem(("swap",), found, expected, remedy, warning=True)
