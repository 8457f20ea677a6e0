"""The options of `docker run` that a container was made with, from what Docker shows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Inspected = Mapping[str, Any]

_NANO = 1000**3

_SHM = 64 * 2**20
"""Bytes of shared memory that Docker gives a container by default."""


def run_options(row: Inspected, image: Inspected) -> dict[str, Any]:
    """Return the options that differ from Docker's defaults, by their long names.

    Parameters
    ----------
    row:
        What the survey prints of a container: `tty`, `user`, `workdir`, and `host` with Docker's
        HostConfig.
    image:
        What it prints of its image, whose user and folder are not options of the container.

    """
    given = {"rm": row["host"]["AutoRemove"], "tty": row["tty"]}
    given |= {
        name: row.get(name) for name in ("user", "workdir") if row.get(name) != image.get(name)
    }
    given |= {name: read(row["host"]) for name, read in _OF_HOST.items()}
    return {
        name: value
        for name, value in given.items()
        if value and value not in _DEFAULTS.get(name, ())
    }


def other_settings(row: Inspected) -> tuple[str, ...]:
    """Return the keys of HostConfig that are set and that no option here is read from."""
    return tuple(
        sorted(
            name
            for name, value in row["host"].items()
            if value not in (None, "", 0, -1, [], {}, [0, 0]) and name not in _READ
        )
    )


def _publish(host: Inspected) -> list[str]:
    return [
        ":".join(filter(None, (at.get("HostIp"), at.get("HostPort"), inside)))
        for inside, bound in sorted((host["PortBindings"] or {}).items())
        for at in bound or ()
    ]


def _gpus(host: Inspected) -> Any:  # noqa: ANN401 - a number, a text or a list
    """Return the requests for GPUs as ``--gpus`` writes them."""
    found = [_request(one) for one in host["DeviceRequests"] or () if not _is_cdi(one)]
    return found[0] if len(found) == 1 else found


def _request(one: Inspected) -> str | int:
    """Return one request: all, a number of GPUs, or its parts.

    https://docs.docker.com/reference/cli/docker/container/run/#gpus
    """
    kinds = sorted({kind for group in one.get("Capabilities") or () for kind in group} - {"gpu"})
    driver, ids, amount = one.get("Driver"), one.get("DeviceIDs"), one.get("Count", 0)
    parts = [
        *([f'"device={",".join(ids)}"' if len(ids) > 1 else f"device={ids[0]}"] if ids else []),
        *([f"driver={driver}"] if driver and driver != "nvidia" else []),
        *([f'"capabilities={",".join(kinds)}"'] if kinds else []),
        *(f"{name}={value}" for name, value in sorted((one.get("Options") or {}).items())),
    ]
    if ids:
        return ",".join(parts)
    every = amount == -1
    if not parts:
        return "all" if every else amount
    return ",".join(["count=all" if every else f"count={amount}", *parts])


def _is_cdi(one: Inspected) -> bool:
    return one.get("Driver") == "cdi"


def _devices(host: Inspected) -> list[str]:
    """Return devices of the board, and those by their names of CDI."""
    cdi = (one for one in host["DeviceRequests"] or () if _is_cdi(one))
    return [
        *map(_device, host["Devices"] or ()),
        *(name for one in cdi for name in one.get("DeviceIDs") or ()),
    ]


def _device(one: Inspected) -> str:
    """Return a device as ``--device`` writes it, without the usual path inside and rights."""
    board = one["PathOnHost"]
    inside, rights = one.get("PathInContainer") or board, one.get("CgroupPermissions") or "rwm"
    if rights != "rwm":
        return f"{board}:{inside}:{rights}"
    return board if inside == board else f"{board}:{inside}"


def _restart(host: Inspected) -> str:
    policy = host["RestartPolicy"] or {}
    name, most = policy.get("Name", ""), policy.get("MaximumRetryCount", 0)
    return f"{name}:{most}" if most else name


def _security(host: Inspected) -> list[str]:
    """Return nothing for a privileged container; the host's IPC disables its labels anyway."""
    if host["Privileged"]:
        return []
    implied = {"label=disable"} if "host" in (host["IpcMode"], host["PidMode"]) else set()
    return sorted(set(host["SecurityOpt"] or ()) - implied)


def _shm_size(host: Inspected) -> int:
    """Return the bytes of its own shared memory; with the host's IPC it has none."""
    size: int = host["ShmSize"]
    return 0 if host["IpcMode"] == "host" else size


def _swap(host: Inspected) -> int:
    """Return the bytes of memory and swap together; by default, twice the memory."""
    swap: int = host.get("MemorySwap") or 0
    return 0 if swap == 2 * host["Memory"] else swap


def _ulimits(host: Inspected) -> list[str]:
    return sorted(f"{one['Name']}={one['Soft']}:{one['Hard']}" for one in host["Ulimits"] or ())


def _capabilities(key: str) -> Callable[[Inspected], list[str]]:
    """Return how capabilities are read: engines write them with and without ``CAP_``."""
    return lambda host: sorted(one.upper().removeprefix("CAP_") for one in host.get(key) or ())


def _value(key: str) -> Callable[[Inspected], Any]:
    return lambda host: host.get(key)


def _count(key: str) -> Callable[[Inspected], int]:
    """Return how a number is read of which -1 is no limit."""
    return lambda host: max(0, host.get(key) or 0)


def _sorted(key: str) -> Callable[[Inspected], list[str]]:
    return lambda host: sorted(host.get(key) or ())


def _pairs(key: str, between: str) -> Callable[[Inspected], list[str]]:
    def read(host: Inspected) -> list[str]:
        pairs: Iterator[tuple[str, str]] = iter(sorted((host.get(key) or {}).items()))
        return [f"{name}{between}{value}" if value else name for name, value in pairs]

    return read


def _log(host: Inspected) -> Mapping[str, Any]:
    found: Mapping[str, Any] = host.get("LogConfig") or {}
    return found


_OF_HOST: dict[str, Callable[[Inspected], Any]] = {
    "runtime": _value("Runtime"),
    "network": _value("NetworkMode"),
    "ipc": _value("IpcMode"),
    "pid": _value("PidMode"),
    "uts": _value("UTSMode"),
    "userns": _value("UsernsMode"),
    "privileged": _value("Privileged"),
    "read-only": _value("ReadonlyRootfs"),
    "init": _value("Init"),
    "restart": _restart,
    "publish": _publish,
    "publish-all": _value("PublishAllPorts"),
    "gpus": _gpus,
    "device": _devices,
    "device-cgroup-rule": _sorted("DeviceCgroupRules"),
    "cap-add": _capabilities("CapAdd"),
    "cap-drop": _capabilities("CapDrop"),
    "group-add": _sorted("GroupAdd"),
    "add-host": _sorted("ExtraHosts"),
    "dns": _sorted("Dns"),
    "dns-option": _sorted("DnsOptions"),
    "dns-search": _sorted("DnsSearch"),
    "link": _sorted("Links"),
    "volumes-from": _sorted("VolumesFrom"),
    "security-opt": _security,
    "memory": _value("Memory"),
    "memory-swap": _swap,
    "memory-reservation": _value("MemoryReservation"),
    "cpus": lambda host: (host.get("NanoCpus") or 0) / _NANO,
    "cpuset-cpus": _value("CpusetCpus"),
    "cpu-shares": _value("CpuShares"),
    "cpu-quota": _count("CpuQuota"),
    "pids-limit": _count("PidsLimit"),
    "oom-score-adj": _value("OomScoreAdj"),
    "oom-kill-disable": _value("OomKillDisable"),
    "cgroup-parent": _value("CgroupParent"),
    "shm-size": _shm_size,
    "ulimit": _ulimits,
    "tmpfs": _pairs("Tmpfs", ":"),
    "sysctl": _pairs("Sysctls", "="),
    "log-driver": lambda host: _log(host).get("Type"),
    "log-opt": lambda host: _pairs("Config", "=")(_log(host)),
}
"""How each option is read from HostConfig, in the order in which a spec shows them."""

_READ = frozenset(
    {
        "AutoRemove", "CapAdd", "CapDrop", "CgroupParent", "CpuQuota", "CpuShares", "CpusetCpus",
        "DeviceCgroupRules", "DeviceRequests", "Devices", "Dns", "DnsOptions", "DnsSearch",
        "ExtraHosts", "GroupAdd", "Init", "IpcMode", "Links", "LogConfig", "Memory",
        "MemoryReservation", "MemorySwap", "NanoCpus", "NetworkMode", "OomKillDisable",
        "OomScoreAdj", "PidMode", "PidsLimit", "PortBindings", "Privileged", "PublishAllPorts",
        "ReadonlyRootfs", "RestartPolicy", "Runtime", "SecurityOpt", "ShmSize", "Sysctls", "Tmpfs",
        "UTSMode", "Ulimits", "UsernsMode", "VolumesFrom",
        # Read as mounts, chosen by Docker itself, or without an effect on a Linux board.
        "Binds", "Mounts", "VolumeDriver", "CgroupnsMode", "MaskedPaths", "ReadonlyPaths",
        "ContainerIDFile", "ConsoleSize", "Isolation", "Annotations",
    }
)  # fmt: skip
"""Keys of HostConfig that are known."""

_DEFAULTS: dict[str, tuple[object, ...]] = {
    "runtime": ("runc",),
    "network": ("default", "bridge"),
    "ipc": ("private", "shareable"),
    "restart": ("no",),
    "shm-size": (_SHM,),
    "memory-swap": (-1,),
    "log-driver": ("json-file",),
}
"""Values that an option has without being given, beside an empty one."""
