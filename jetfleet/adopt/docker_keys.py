"""The options of a container as keys of a service, and what a service has no key for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from jetfleet.redaction import HIDDEN
from jetfleet.spec.docker_options import DockerOptions, written_size

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from jetfleet.resources.adopted.container import Container

_BY_NAME: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "ipc": ("ipc", str),
    "pid": ("pid", str),
    "privileged": ("privileged", bool),
    "user": ("user", str),
    "group-add": ("group_add", list),
    "cap-add": ("cap_add", list),
    "cap-drop": ("cap_drop", list),
    "security-opt": ("security_opt", list),
    "shm-size": ("shm_size", written_size),
    "memory": ("memory", written_size),
    "ulimit": ("ulimits", lambda limits: dict(map(_limit, limits))),
    "workdir": ("workdir", str),
    "add-host": ("extra_hosts", lambda hosts: dict(one.split(":", 1) for one in hosts)),
}
"""The key of each option, and how its value is written there."""

_OF_A_UNIT = frozenset(
    {"rm", "tty", "runtime", "network", "restart", "gpus", "device", "publish", "log-driver"}
)
"""Options that a managed service has in its own way, which `lost` looks at by their values."""

_PATH = re.compile(r"/[A-Za-z0-9._/+@:-]*")
_PUBLISHED = re.compile(r"(?:0\.0\.0\.0:)?(\d+):(\d+)/tcp")


def docker_keys(options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the keys that say the options of a container, and the options without a key."""
    keys: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for name, value in options.items():
        key, write = _BY_NAME.get(name, ("", str))
        said = {key: write(value)} if key else {}
        if said and _says(said, name, value):
            keys |= said
        else:
            rest[name] = value
    return keys, rest


def _says(said: Mapping[str, Any], name: str, value: object) -> bool:
    """Tell whether a service with this key has exactly this option."""
    try:
        return DockerOptions.model_validate(said).docker_options == {name: value}
    except ValidationError:
        return False


def _limit(text: str) -> tuple[str, int | str]:
    name, _, value = text.partition("=")
    soft, _, hard = value.partition(":")
    return name, int(soft) if soft == hard else value


def container_keys(container: Container, options: dict[str, Any]) -> dict[str, Any]:
    """Return mounts, devices, ports and command as keys of a service of the runtime `container`.

    What they say is taken out of `options`; mounts of volumes and other values have no key.
    """
    keys: dict[str, Any] = {}
    mounts = {
        source: inside.removesuffix(":ro") + ("" if inside.endswith(":ro") else ":rw")
        for source, inside in container.volumes.items()
        if _PATH.fullmatch(source) and HIDDEN not in inside
    }
    if mounts:
        keys["mounts"] = mounts
    devices = options.get("device", [])
    if devices and all(_PATH.fullmatch(device) and ":" not in device for device in devices):
        keys["devices"] = options.pop("device")
    ports = [_PUBLISHED.fullmatch(one) for one in options.get("publish", ())]
    if ports and all(ports):
        keys["ports"] = {int(one[1]): int(one[2]) for one in ports if one}
        del options["publish"]
    if container.own_command and HIDDEN not in "".join(container.own_command):
        keys["command"] = list(container.own_command)
    if len(container.entrypoint) == 1:
        keys["entrypoint"] = container.entrypoint[0]
    return keys


def lost(
    body: Mapping[str, Any],
    container: Container,
    held: Collection[str],
    links: Mapping[str, str],
) -> list[str]:
    """Return what a service does not have any more when it is moved to `services`.

    Parameters
    ----------
    held:
        Folders of its models, which jetfleet mounts itself.
    links:
        Real path of mounted folders whose path has a link in it.

    """
    made = body["made"]
    found = []
    for name, value in made.get("docker", {}).items():
        if name not in _OF_A_UNIT or _other(name, value):
            found.append(f"--{name} {value}" if value is not True else f"--{name}")
    for source, inside in made.get("volumes", {}).items():
        at = _inside(inside)
        mounted = next((one for one, path in container.folders.items() if path == at), source)
        real = links.get(mounted, mounted)
        if not any(folder == real or folder.startswith(f"{real}/") for folder in held):
            found.append(f"the mount {source}:{inside}")
    found += [f"the option {name}" for name in (*made.get("options", {}), *made.get("hidden", ()))]
    named = made.get("model")
    if named and not {"model", "models"} & body.keys():
        found.append(f"the model {named}")
    elif named and not named.startswith("/") and "served_name" not in body:
        found.append(f"its model id (write `served_name: {named}`)")
    if body["runtime"] == "container":
        hidden = HIDDEN in "".join(container.own_command)
        found += ["its command, which has a secret"] if hidden else []
        found += ["its entrypoint of several words"] if len(container.entrypoint) > 1 else []
    return [*found, *(f"docker's setting {name}" for name in container.others)]


def _inside(target: str) -> str:
    return target.removesuffix(":ro").rstrip("/")


def _other(name: str, value: object) -> bool:
    """Tell whether an option differs from what every managed service has."""
    usual: dict[str, tuple[object, ...]] = {
        "runtime": ("nvidia",),
        "network": ("host",),
        "publish": (),
        "log-driver": (),
    }
    if name == "device":
        return not (isinstance(value, list) and all("/gpu=" in str(one) for one in value))
    return name in usual and value not in usual[name]
