"""vLLM: `vllm serve` on a locked model, its options in a YAML file that `--config` reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jetfleet.catalog.option_table import options
from jetfleet.containers import Container, Mount, Ready, service_resources
from jetfleet.containers.arguments import text
from jetfleet.containers.yaml import scalar
from jetfleet.roles.serving.settings import called, settings_of

if TYPE_CHECKING:
    from jetfleet.resources import Model, Resources
    from jetfleet.role_input import RoleInput
    from jetfleet.spec.model import Service

CONFIG = "/etc/jetfleet/vllm.yaml"
"""Where the container sees its options."""

KEY = "VLLM_API_KEY"
"""Variable with the key that clients must show."""

_FOR_IMAGES = {"media-io-kwargs", "mm-processor-kwargs", "limit-mm-per-prompt"}


def desired(inputs: RoleInput, service: Service) -> Resources:
    """Return the unit, its files and the service itself."""
    image, known = inputs.image_of(service)
    model = inputs.model(service.model or "")
    inside = f"/models/{model.name}"
    folder = f"/etc/jetfleet/{service.name}"
    entrypoint, command = called(known)
    container = Container(
        image=image,
        mounts=(Mount(model.folder, inside), Mount(f"{folder}/vllm.yaml", CONFIG)),
        entrypoint=entrypoint,
        command=(*command, "serve", inside, "--config", CONFIG),
        files={"vllm.yaml": config(service, known.version)},
        ipc=service.ipc,
        models=(model,),
        secrets={KEY: service.api_key} if service.api_key else {},
    )
    keyed = service.api_key is not None or KEY in service.env
    ready = Ready(
        kind="openai",
        health="/health",
        models=(service.served_name or inside,),
        vision=sees(service, model),
        key=KEY if keyed else "",
    )
    return service_resources(inputs, settings_of(service), container, ready)


def sees(service: Service, model: Model) -> bool:
    """Tell whether a model takes images: it has a preprocessor, or options for them."""
    processor = any(file.path == "preprocessor_config.json" for file in model.files)
    return processor or any(name.replace("_", "-") in _FOR_IMAGES for name in service.flags)


def config(service: Service, version: str | None) -> str:
    """Return the options as `vllm serve --config` reads them: flag names, JSON values as text.

    Nested maps are read only by vLLM 0.20 and newer, JSON in a string by all
    (vllm/utils FlexibleArgumentParser); a false flag is written as its negation, for vLLM passes
    over keys that are false. A list is several values only where the option takes several: such as
    --allowed-origins read one, which is JSON.

    Parameters
    ----------
    version:
        vLLM's version in the image, such as ``0.13.0``; None if it is not known.

    """
    flags: dict[str, Any] = dict(service.flags)
    if service.served_name is not None:
        flags["served-model-name"] = service.served_name
    for name in ("host", "port"):
        if name in service.written:
            flags[name] = getattr(service, name)
    lines = ["# Written by jetfleet from the spec; changes made here are undone."]
    for name, value in sorted(flags.items()):
        option = name.replace("_", "-")
        if value is False:
            lines.append(f"{_negation(option, version)}: true")
        elif isinstance(value, (list, tuple)) and _takes_several(option, version):
            lines += [f"{option}:", *(f"  - {scalar(text(item))}" for item in value)]
        elif isinstance(value, (list, tuple, Mapping)):
            lines.append(f"{option}: {scalar(text(value))}")
        else:
            lines.append(f"{option}: {scalar(value)}")
    return "\n".join(lines) + "\n"


def _takes_several(option: str, version: str | None) -> bool:
    known = options(version).find(option) if version else None
    return known is None or known.many


def _negation(option: str, version: str | None) -> str:
    known = options(version).negation(option) if version else None
    return known.lstrip("-") if known else f"no-{option}"
