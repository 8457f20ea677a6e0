"""SGLang's container: its server on a model, started by a program that passes the key on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet import board
from jetfleet.containers import Container, Mount
from jetfleet.containers.arguments import arguments
from jetfleet.runtimes.mounted import more_models, more_mounts
from jetfleet.runtimes.sglang.spec import KEY

if TYPE_CHECKING:
    from jetfleet.catalog.option_table import OptionTable
    from jetfleet.resources import Image
    from jetfleet.role.role_input import RoleInput
from jetfleet.runtimes.sglang.spec import SglangService

START = "/usr/local/lib/jetfleet/start.py"
"""Where the container sees the start program."""

_STOP_SECONDS = 60
"""It ends once its requests are answered, and looks for that every 5 seconds
(srt/managers/tokenizer_manager.py, `sigterm_watchdog`)."""


def inside(service: SglangService) -> str:
    """Return the folder of its model in the container."""
    return f"/models/{service.model}"


def served_as(service: SglangService) -> str:
    """Return the id of its model: `served_name`, else the folder in the container."""
    return service.served_name or inside(service)


def container(
    inputs: RoleInput,
    service: SglangService,
    image: Image,
    table: OptionTable | None,
    called: tuple[str | None, tuple[str, ...]],
) -> Container:
    """Return the container; `called` replaces its entrypoint and calls SGLang.

    It has the host's shared memory: SGLang's processes need more than Docker's 64 MB
    (https://docs.sglang.io/get_started/install.html).
    """
    model = inputs.model(service.model or "")
    entrypoint, words = called
    # The start program stands between Python and the module that it runs.
    python, module = ((), words) if entrypoint else (words[:1], words[1:])
    own = (
        *("--model-path", inside(service), "--served-model-name", served_as(service)),
        *("--host", service.host, "--port", str(service.tcp_port)),
    )
    program = f"/etc/jetfleet/{service.name}/start.py"
    return Container(
        image=image,
        mounts=(
            Mount(model.folder, inside(service)),
            Mount(program, START),
            *more_mounts(inputs, service, (model,)),
        ),
        entrypoint=entrypoint,
        command=(*python, START, *module, *own, *arguments(table, service.flags, at_once=True)),
        files={"start.py": board.program("start.py", runtime="sglang")},
        ipc="host",
        models=(model, *more_models(inputs, service, (model,))),
        secrets={KEY: service.api_key} if service.api_key else {},
        stop_seconds=_STOP_SECONDS,
    )
