"""Ollama as a container: one server that holds a set of models and loads each when it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.containers import Container, Mount, Ready, service_resources
from jetfleet.roles.serving.settings import called, settings_of

if TYPE_CHECKING:
    from jetfleet.resources import Resources
    from jetfleet.role_input import RoleInput
    from jetfleet.spec.model import Service

STORE = "/ollama/models"
"""Where the container sees the store."""


def desired(inputs: RoleInput, service: Service) -> Resources:
    """Return the unit, its files and the service itself.

    Its models are put into the store by the role `models`, blobs first and the manifest last; it
    prunes nothing at its start, for it may start in between.
    """
    image, known = inputs.image_of(service)
    store = inputs.host.ollama_store or ""
    entrypoint, command = called(known)
    container = Container(
        image=image,
        mounts=(Mount(store, STORE, write=True),),
        entrypoint=entrypoint,
        command=(*command, "serve"),
        env={**variables(inputs, service), "OLLAMA_MODELS": STORE},
        folders=(store,),
        models=tuple(inputs.model(name) for name in service.models),
        needs=tuple(f"ollama:{name}" for name in service.models),
    )
    return service_resources(inputs, settings_of(service), container, ready(inputs, service))


def ready(inputs: RoleInput, service: Service) -> Ready:
    """Return that all its models are listed, and that the first of them generates."""
    names = tuple(inputs.models[name].source.ollama_name for name in service.models)
    return Ready(kind="ollama", health="/api/version", models=names)


def variables(inputs: RoleInput, service: Service) -> dict[str, str]:
    """Return the environment that says what the spec says.

    The libraries for JetPack are chosen by the L4T release, which a container cannot see:
    https://github.com/ollama/ollama/blob/main/discover/gpu.go
    """
    host = f"[{service.host}]" if ":" in service.host else service.host
    jetpack = {"35": "5", "36": "6"}.get(inputs.l4t.partition(".")[0])
    return {
        **({"JETSON_JETPACK": jetpack} if jetpack else {}),
        "OLLAMA_HOST": f"{host}:{service.tcp_port}",
        **service.settings.variables,
    }
