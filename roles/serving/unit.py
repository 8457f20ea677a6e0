"""The systemd unit of a container service, its files, and the hash of what it starts with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jetfleet.resources import File, Image, Model, Resources, Service
from jetfleet.resources.service import LABEL
from jetfleet.spec.secret import SecretRef
from jetfleet.template import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.given import Given
    from jetfleet.spec import model as spec

UNIT = "/etc/systemd/system/jetfleet-NAME.service"


@dataclass(frozen=True)
class Container:
    """How a runtime wants its container.

    Parameters
    ----------
    mounts:
        Pairs of a path on the board and the path inside; all read-only.
    command:
        What runs inside, with its arguments.
    files:
        Text of files in ``/etc/jetfleet/<service>/`` by name.

    """

    image: Image
    mounts: tuple[tuple[str, str], ...]
    command: tuple[str, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    ipc: str | None = None


@dataclass(frozen=True)
class Probe:
    """What "ready" means: base URL on the board, and the id that its model must have."""

    url: str
    model: str


def resources(
    given: Given, service: spec.Service, container: Container, model: Model, probe: Probe
) -> Resources:
    """Return the service with all its files; it is restarted when any of this changes."""
    folder = f"/etc/jetfleet/{service.name}"
    ready = json.dumps({"url": probe.url, "model": probe.model}, ensure_ascii=False, sort_keys=True)
    files = [File(f"{folder}/{name}", text) for name, text in sorted(container.files.items())]
    files.append(File(f"{folder}/ready.json", ready + "\n"))
    if service.env:
        files.append(File(f"{folder}/env", _env(given, service), mode="600", secret=True))
    text = _unit(service, container, model, "")
    parts = [
        text,
        container.image.reference,
        model.digest,
        *(f.content for f in files if not f.secret),
    ]
    started_with = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    path = UNIT.replace("NAME", service.name)
    unit = File(path, _unit(service, container, model, started_with))
    needs = (*(f.key for f in files), unit.key, container.image.key, model.key)
    reads = tuple((f.path, f.sha256) for f in (*files, unit))
    served = Service(service.name, started_with, reads, needs, float(service.ready_timeout))
    return [*files, unit, served]


def docker_run(service: spec.Service, container: Container, started_with: str) -> list[str]:
    """Return the `docker run` command, an option with its value a line; no word needs quoting."""
    ipc = [f"--ipc {container.ipc}"] if container.ipc else []
    mounts = [f"-v {board}:{inside}:ro" for board, inside in container.mounts]
    env = [f"--env-file /etc/jetfleet/{service.name}/env"] if service.env else []
    return [
        f"/usr/bin/docker run --rm --name {service.name}",
        f"--label {LABEL}={started_with}",
        "--runtime nvidia",
        "--network host",
        *ipc,
        *mounts,
        "-e NVIDIA_VISIBLE_DEVICES=all",
        "-e NVIDIA_DRIVER_CAPABILITIES=compute,utility",
        *env,
        container.image.reference,
        " ".join(container.command),
    ]


def _unit(service: spec.Service, container: Container, model: Model, started_with: str) -> str:
    return render(
        "serving",
        UNIT,
        name=service.name,
        runtime=service.runtime,
        model=model.folder,
        command=docker_run(service, container, started_with),
        started_with=started_with,
    )


def _env(given: Given, service: spec.Service) -> str:
    """Return docker's env file: each line is taken as it stands, without any quoting."""
    return "".join(
        f"{name}={given.reveal(value) if isinstance(value, SecretRef) else value}\n"
        for name, value in sorted(service.env.items())
    )
