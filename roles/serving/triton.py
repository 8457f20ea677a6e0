"""Triton: a model repository that is written from the spec, and loaded as it names it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jetfleet.catalog.option_table import plain_option
from jetfleet.catalog.options import option_table
from jetfleet.containers import Container, Mount, Ready, service_resources
from jetfleet.containers.arguments import arguments
from jetfleet.roles.serving.settings import called, settings_of
from jetfleet.spec.frozen import thaw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.resources import Resources
    from jetfleet.role_input import RoleInput
    from jetfleet.spec.model import Service
    from jetfleet.spec.service import TritonModel

REPOSITORY = "/repository"
"""Where the container sees the repository."""

STOP_SECONDS = 45
"""Above Triton's own 30 s (--exit-timeout-secs) for the requests that it still answers."""

_KINDS = {"vllm": "KIND_MODEL", "python": "KIND_MODEL"}


def desired(inputs: RoleInput, service: Service) -> Resources:
    """Return the unit, the repository's files and the service itself."""
    image, known = inputs.image_of(service)
    entrypoint, command = called(known)
    container = Container(
        image=image,
        mounts=tuple(_mounts(inputs, service)),
        entrypoint=entrypoint,
        command=(*command, *_options(service)),
        options=() if service.ipc else (("--shm-size", "1g"),),
        files=dict(_files(service)),
        ipc=service.ipc,
        stop_seconds=STOP_SECONDS,
        models=tuple(inputs.model(name) for name in service.model_names),
    )
    ready = Ready(kind="triton", health="/v2/health/ready", models=tuple(service.repository))
    return service_resources(inputs, settings_of(service), container, ready)


def config(name: str, entry: TritonModel) -> str:
    """Return a model's `config.pbtxt`: its backend, its instances, and the spec's own lines."""
    kind = _KINDS.get(entry.backend, "KIND_AUTO")
    lines = [
        "# Written by jetfleet from the spec; changes made here are undone.",
        f'name: "{name}"',
        f'backend: "{entry.backend}"',
        "instance_group [",
        f"  {{ count: {entry.instances}, kind: {kind} }}",
        "]",
        *entry.config,
    ]
    return "\n".join(lines) + "\n"


def model_json(entry: TritonModel) -> str:
    """Return what the vLLM backend starts its engine with: vLLM's options with underscores.

    https://github.com/triton-inference-server/vllm_backend: each is an argument of the engine.
    """
    options: dict[str, Any] = {
        name.replace("-", "_"): thaw(value) for name, value in sorted(entry.flags.items())
    }
    about = {"model": f"/models/{entry.model}", **options}
    return json.dumps(about, ensure_ascii=False, indent=2) + "\n"


def _files(service: Service) -> Iterator[tuple[str, str]]:
    for name, entry in sorted(service.repository.items()):
        yield f"repository/{name}/config.pbtxt", config(name, entry)
        if entry.backend == "vllm":
            yield f"repository/{name}/1/model.json", model_json(entry)


def _mounts(inputs: RoleInput, service: Service) -> Iterator[Mount]:
    """Yield what the container sees: of the vLLM backend a folder, of others files and a model.

    A model cannot be mounted into a folder that is itself mounted read-only.
    """
    folder = f"/etc/jetfleet/{service.name}/repository"
    for name, entry in sorted(service.repository.items()):
        model = inputs.model(entry.model or "")
        if entry.backend == "vllm":
            yield Mount(f"{folder}/{name}", f"{REPOSITORY}/{name}")
            yield Mount(model.folder, f"/models/{entry.model}")
        else:
            yield Mount(f"{folder}/{name}/config.pbtxt", f"{REPOSITORY}/{name}/config.pbtxt")
            yield Mount(model.folder, f"{REPOSITORY}/{name}/1")


def _options(service: Service) -> list[str]:
    """Return the options: explicit control loads what is named, and nothing that merely lies there.

    Each port is passed: all three move together, so that a second server needs one number only.
    All three are at the service's address: left out, that of gRPC would be open to everybody.
    """
    grpc, metrics = service.triton_ports
    own = {"grpc-address": service.host, "grpc-port": grpc, "metrics-port": metrics}
    named = set(map(plain_option, service.flags))
    return [
        f"--model-repository={REPOSITORY}",
        "--model-control-mode=explicit",
        *(f"--load-model={name}" for name in service.repository),
        f"--http-address={service.host}",
        f"--http-port={service.tcp_port}",
        *(f"--{name}={value}" for name, value in own.items() if name not in named),
        *arguments(option_table("triton"), service.flags, joined=True),
    ]
