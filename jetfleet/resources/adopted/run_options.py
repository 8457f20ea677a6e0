"""The options of `docker run` that a container was made with, from what Docker shows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Inspected = Mapping[str, Any]

_SHM = 64 * 2**20
"""Bytes of shared memory that Docker gives a container by default."""


def run_options(row: Inspected) -> dict[str, Any]:
    """Return the options that differ from Docker's defaults, by their long names.

    `row` is what the survey prints of a container: `tty`, `user`, and `host` with Docker's
    HostConfig.
    """
    given = {"rm": row["host"]["AutoRemove"], "tty": row["tty"], "user": row["user"]}
    given |= {name: read(row["host"]) for name, read in _OF_HOST.items()}
    return {
        name: value
        for name, value in given.items()
        if value and value not in _DEFAULTS.get(name, ())
    }


def _publish(host: Inspected) -> list[str]:
    return [
        ":".join(filter(None, (at.get("HostIp"), at.get("HostPort"), inside)))
        for inside, bound in sorted((host["PortBindings"] or {}).items())
        for at in bound or ()
    ]


def _gpus(host: Inspected) -> str:
    return "all" if any(one.get("Count") == -1 for one in host["DeviceRequests"] or ()) else ""


def _devices(host: Inspected) -> list[str]:
    return [one["PathOnHost"] for one in host["Devices"] or ()]


def _security(host: Inspected) -> list[str]:
    """Return none for a privileged container; the host's IPC disables its labels anyway."""
    if host["Privileged"]:
        return []
    implied = {"label=disable"} if host["IpcMode"] == "host" else set()
    return sorted(set(host["SecurityOpt"] or ()) - implied)


def _shm_size(host: Inspected) -> int:
    """Return the bytes of its own shared memory; with the host's IPC it has none."""
    return 0 if host["IpcMode"] == "host" else host["ShmSize"]


def _ulimits(host: Inspected) -> list[str]:
    return [f"{one['Name']}={one['Soft']}:{one['Hard']}" for one in host["Ulimits"] or ()]


def _value(key: str) -> Callable[[Inspected], Any]:
    return lambda host: host[key]


def _sorted(key: str) -> Callable[[Inspected], list[str]]:
    return lambda host: sorted(host[key] or ())


_OF_HOST: dict[str, Callable[[Inspected], Any]] = {
    "runtime": _value("Runtime"),
    "network": _value("NetworkMode"),
    "ipc": _value("IpcMode"),
    "pid": _value("PidMode"),
    "privileged": _value("Privileged"),
    "restart": lambda host: (host["RestartPolicy"] or {}).get("Name", ""),
    "publish": _publish,
    "gpus": _gpus,
    "device": _devices,
    "cap-add": _sorted("CapAdd"),
    "group-add": _sorted("GroupAdd"),
    "add-host": _sorted("ExtraHosts"),
    "security-opt": _security,
    "memory": _value("Memory"),
    "shm-size": _shm_size,
    "ulimit": _ulimits,
}
"""How each option is read from HostConfig, in the order in which a spec shows them."""

_DEFAULTS: dict[str, tuple[object, ...]] = {
    "runtime": ("runc",),
    "network": ("default", "bridge"),
    "ipc": ("private", "shareable"),
    "restart": ("no",),
    "shm-size": (_SHM,),
}
"""Values that an option has without being given, beside an empty one."""
