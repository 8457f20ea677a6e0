"""Triton's container: a model repository that is written from the spec, and how it is loaded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jetfleet.containers import Container, Mount
from jetfleet.containers.arguments import arguments
from jetfleet.runtimes.mounted import more_mounts
from jetfleet.spec.frozen import thaw
from jetfleet.spec.service import unique

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.catalog.option_table import OptionTable
    from jetfleet.resources import Image
    from jetfleet.role.role_input import RoleInput
    from jetfleet.runtimes.triton.spec import TritonModel, TritonService

REPOSITORY = "/repository"
"""Where the container sees the repository."""

STOP_SECONDS = 45
"""Above Triton's own 30 s (--exit-timeout-secs) for the requests that it still answers."""

_KINDS = {"vllm": "KIND_MODEL", "python": "KIND_MODEL"}


def container(
    inputs: RoleInput,
    service: TritonService,
    image: Image,
    called: tuple[str | None, tuple[str, ...]],
    table: OptionTable | None,
) -> Container:
    """Return the container; `called` replaces its entrypoint and calls Triton."""
    entrypoint, command = called
    return Container(
        image=image,
        mounts=tuple(_mounts(inputs, service)),
        entrypoint=entrypoint,
        command=(*command, *_own_options(service), *arguments(table, service.flags, joined=True)),
        options=() if service.ipc else (("--shm-size", "1g"),),
        files=dict(_files(service)),
        stop_seconds=STOP_SECONDS,
        models=tuple(inputs.model(name) for name in service.model_names),
    )


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


def _files(service: TritonService) -> Iterator[tuple[str, str]]:
    for name, entry in sorted(service.repository.items()):
        yield f"repository/{name}/config.pbtxt", config(name, entry)
        if entry.backend == "vllm":
            yield f"repository/{name}/1/model.json", model_json(entry)


def _mounts(inputs: RoleInput, service: TritonService) -> Iterator[Mount]:
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
    seen = tuple(inputs.model(name) for name in models_of_vllm(service))
    yield from more_mounts(inputs, service, seen)


def models_of_vllm(service: TritonService) -> tuple[str, ...]:
    """Return the models that are mounted below /models, as the vLLM backend wants them."""
    entries = service.repository.values()
    return unique(entry.model for entry in entries if entry.backend == "vllm")


def _own_options(service: TritonService) -> list[str]:
    """Return jetfleet's own options.

    Without control of models, Triton loads all that the repository has, and clients can neither
    load nor remove one. Where the spec asks for explicit control, the same models are loaded.
    https://github.com/triton-inference-server/server/blob/main/docs/user_guide/model_management.md

    Each port is passed: all three move together, so that a second server needs one number only.
    All three are at the service's address: by default that of gRPC is open to every client.
    """
    grpc, metrics = service.more_ports
    own = {"grpc-address": service.host, "grpc-port": grpc, "metrics-port": metrics}
    explicit = service.option("model-control-mode") == "explicit"
    return [
        f"--model-repository={REPOSITORY}",
        *(f"--load-model={name}" for name in service.repository if explicit),
        f"--http-address={service.host}",
        f"--http-port={service.tcp_port}",
        *(f"--{name}={value}" for name, value in own.items() if name not in service.flags),
    ]
