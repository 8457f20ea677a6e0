"""Ollama as a container: one server that holds a set of models and loads each when it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.spec.source import ollama_name
from roles.serving.run import Container, Mount, called
from roles.serving.unit import Ready, resources

if TYPE_CHECKING:
    from jetfleet.given import Given
    from jetfleet.resources import Resources
    from jetfleet.spec.model import Service

STORE = "/ollama/models"
"""Where the container sees the store."""


def desired(given: Given, service: Service) -> Resources:
    """Return the unit, its files and the service itself.

    Its models are put into the store by the role `models`, blobs first and the manifest last; it
    prunes nothing at its start, for it may start in between.
    """
    image, known = given.image_of(service)
    store = given.host.ollama_store or ""
    entrypoint, command = called(known)
    container = Container(
        image=image,
        mounts=(Mount(store, STORE, write=True),),
        entrypoint=entrypoint,
        command=(*command, "serve"),
        env={**variables(given, service), "OLLAMA_MODELS": STORE},
        folders=(store,),
        models=tuple(given.model(name) for name in service.models),
        needs=tuple(f"ollama:{name}" for name in service.models),
    )
    return resources(given, service, container, ready(given, service))


def ready(given: Given, service: Service) -> Ready:
    """Return that all its models are listed, and that the first of them generates."""
    names = tuple(ollama_name(given.models[name].source) for name in service.models)
    return Ready(kind="ollama", health="/api/version", models=names)


def variables(given: Given, service: Service) -> dict[str, str]:
    """Return the environment that says what the spec says.

    The libraries for JetPack are chosen by the L4T release, which a container cannot see:
    https://github.com/ollama/ollama/blob/main/discover/gpu.go
    """
    host = f"[{service.host}]" if ":" in service.host else service.host
    jetpack = {"35": "5", "36": "6"}.get(given.l4t.partition(".")[0])
    return {
        **({"JETSON_JETPACK": jetpack} if jetpack else {}),
        "OLLAMA_HOST": f"{host}:{service.tcp_port}",
        **service.settings.variables,
    }
