"""TensorRT-LLM: `trtllm-serve` on a locked model, which clients know by the name of its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.options import option_table
from jetfleet.containers import Container, Mount, Ready, service_resources
from jetfleet.containers.arguments import arguments
from jetfleet.roles.serving.settings import called, settings_of

if TYPE_CHECKING:
    from jetfleet.resources import Resources
    from jetfleet.role_input import RoleInput
    from jetfleet.spec.model import Service

# Both are what its users are told to lift: pinned memory of the workers is locked.
# https://nvidia.github.io/TensorRT-LLM/quick-start-guide.html
LIMITS = (("--ulimit", "memlock=-1"), ("--ulimit", "stack=67108864"))


def desired(inputs: RoleInput, service: Service) -> Resources:
    """Return the unit, its files and the service itself.

    Host and port are always passed: the server's own default is localhost, where no other machine
    reaches it.
    """
    image, known = inputs.image_of(service)
    model = inputs.model(service.model or "")
    inside = f"/models/{model.name}"
    entrypoint, command = called(known)
    where = ("--host", service.host, "--port", str(service.tcp_port))
    options = arguments(option_table("trtllm"), service.flags, underscores=True)
    container = Container(
        image=image,
        mounts=(Mount(model.folder, inside),),
        entrypoint=entrypoint,
        command=(*command, inside, *where, *options),
        options=LIMITS,
        ipc=service.ipc,
        models=(model,),
    )
    ready = Ready(kind="openai", health="/health", models=(model.name,))
    return service_resources(inputs, settings_of(service), container, ready)
