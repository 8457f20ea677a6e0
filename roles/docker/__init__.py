"""Install and configure the Docker engine: settings, data on the NVMe, start after its mount."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from jetfleet.resources import AdoptedDaemon, Daemon, File, Resources, RuntimeMode
from jetfleet.role.proxy import proxy_file
from jetfleet.roles.docker.packages import packages, uses_raw_table
from jetfleet.spec.frozen import thaw
from jetfleet.template import render

if TYPE_CHECKING:
    from jetfleet.role.role_input import RoleInput
    from jetfleet.spec.model import Docker, HostSpec

DROP_IN = "/etc/systemd/system/docker.service.d/jetfleet.conf"


def desired(inputs: RoleInput) -> Resources:
    """Return the engine of a host with `docker`."""
    docker = inputs.host.docker
    if docker is None:
        return []
    settings = json.dumps(_settings(inputs.host, docker), sort_keys=True, ensure_ascii=False)
    if inputs.host.adopted is not None:
        return [AdoptedDaemon(settings=settings, drop_in="")]
    proxy = proxy_file(inputs) if inputs.host.proxy else None
    way_out = proxy.path if proxy else ""
    started_with = hashlib.sha256(_drop_in(docker, way_out, "").encode()).hexdigest()
    return [
        *packages(inputs, docker),
        File(DROP_IN, _drop_in(docker, way_out, started_with)),
        Daemon(
            settings=settings,
            drop_in=started_with,
            soc=inputs.module.soc,
            waived=frozenset(inputs.host.waive),
            proxy=("" if proxy.unreadable else proxy.sha256) if proxy else None,
            bridged=uses_raw_table(inputs.host),
            raw_table=docker.raw_table != "skip",
            move=docker.move,
            removal=inputs.host.removal,
        ),
        *_mode(docker.nvidia_mode, inputs.module.soc),
    ]


def _mode(mode: str | None, soc: str) -> Resources:
    """Return the mode of NVIDIA's runtime; none if the spec leaves it to the board."""
    # Orin's devices are listed from the CSV files of L4T, Thor's by its driver.
    return [RuntimeMode(mode, "csv" if soc == "orin" else "auto")] if mode else []


def _drop_in(docker: Docker, proxy: str, started_with: str) -> str:
    return render(
        "docker",
        DROP_IN,
        data_root=docker.data_root,
        proxy=proxy,
        skip_raw_table=docker.raw_table == "skip",
        started_with=started_with,
    )


def _settings(host: HostSpec, docker: Docker) -> dict[str, Any]:
    """Return the managed keys of daemon.json; other keys on the board are kept."""
    settings: dict[str, Any] = {}
    if docker.default_runtime == "nvidia":
        settings["runtimes"] = {"nvidia": {"path": "nvidia-container-runtime"}}
    if docker.default_runtime is not None:
        settings["default-runtime"] = docker.default_runtime
    if docker.data_root is not None:
        settings["data-root"] = docker.data_root
    return {**settings, **_registries(host), **thaw(docker.daemon)}


def _registries(host: HostSpec) -> dict[str, list[str]]:
    """Return the keys of daemon.json for registries: mirrors of Docker Hub, and insecure ones."""
    mirrors = [one for registry in host.registries.values() for one in registry.mirrors]
    insecure = sorted(name for name, registry in host.registries.items() if registry.insecure)
    settings = {"registry-mirrors": mirrors, "insecure-registries": insecure}
    return {key: listed for key, listed in settings.items() if listed}
