"""llama.cpp: `llama-server` on the GGUF file of a locked model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.option_table import plain_option
from jetfleet.catalog.options import option_table
from jetfleet.containers import Container, Mount, Ready, service_resources
from jetfleet.containers.arguments import arguments
from jetfleet.gguf import weights_of
from jetfleet.roles.serving.settings import called, settings_of

if TYPE_CHECKING:
    from jetfleet.resources import Resources
    from jetfleet.role_input import RoleInput
    from jetfleet.spec.model import Service

KEY = "LLAMA_API_KEY"
"""Variable with the key that clients must show."""

_PROJECTOR = {"mmproj", "mm", "mmproj-url", "mmu"}
_NONE = {"no-mmproj", "mmproj-auto", "no-mmproj-auto"}


def desired(inputs: RoleInput, service: Service) -> Resources:
    """Return the unit, its files and the service itself.

    Clients know the model by `served_name`, else by its name in the spec; a projector for images
    beside the weights is used.
    """
    image, known = inputs.image_of(service)
    model = inputs.model(service.model or "")
    inside = f"/models/{model.name}"
    weights, projector = weights_of(file.path for file in model.files)
    name = service.served_name or model.name
    entrypoint, command = called(known)
    own = ["-m", f"{inside}/{weights}", "--host", service.host, "--port", str(service.tcp_port)]
    named = set(map(plain_option, service.flags))
    found = bool(projector) and not named & (_PROJECTOR | _NONE)
    if found:
        own += ["--mmproj", f"{inside}/{projector}"]
    container = Container(
        image=image,
        mounts=(Mount(model.folder, inside),),
        entrypoint=entrypoint,
        command=(
            *command,
            *own,
            "--alias",
            name,
            *arguments(option_table("llama.cpp"), service.flags),
        ),
        models=(model,),
        secrets={KEY: service.api_key} if service.api_key else {},
    )
    ready = Ready(
        kind="openai",
        health="/health",
        models=(name,),
        vision=found or bool(named & _PROJECTOR),
        key=KEY if service.api_key or KEY in service.env else "",
    )
    return service_resources(inputs, settings_of(service), container, ready)
