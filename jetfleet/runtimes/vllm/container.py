"""vLLM's container: `vllm serve` on a model, its options in a YAML file that `--config` reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jetfleet.containers import Container, Mount
from jetfleet.containers.arguments import text
from jetfleet.containers.yaml import scalar
from jetfleet.runtimes.llamacpp.weights import weights_of
from jetfleet.runtimes.mounted import more_models, more_mounts
from jetfleet.runtimes.option_tables import OptionTables
from jetfleet.runtimes.vllm.spec import KEY

if TYPE_CHECKING:
    from jetfleet.catalog.images import KnownImage
    from jetfleet.resources import Image, Model
    from jetfleet.role.role_input import RoleInput
    from jetfleet.runtimes.vllm.spec import VllmService

CONFIG = "/etc/jetfleet/vllm.yaml"
"""Where the container sees its options."""

_TABLES = OptionTables("vllm", "0.10")


def inside(service: VllmService) -> str:
    """Return the folder of its model in the container."""
    return f"/models/{service.model}"


def loaded(service: VllmService, model: Model) -> str:
    """Return what vLLM loads: the folder of its model, or the GGUF file in it.

    https://docs.vllm.ai/en/latest/features/quantization/gguf/: a single file is read.
    """
    files = [file.path for file in model.files]
    weights, _ = weights_of(files)
    safe = any(path.endswith(".safetensors") for path in files)
    return f"{inside(service)}/{weights}" if weights and not safe else inside(service)


def container(
    inputs: RoleInput,
    service: VllmService,
    image: Image,
    known: KnownImage,
    called: tuple[str | None, tuple[str, ...]],
) -> Container:
    """Return the container; `called` replaces its entrypoint and calls vLLM."""
    model = inputs.model(service.model or "")
    entrypoint, command = called
    options = f"/etc/jetfleet/{service.name}/vllm.yaml"
    return Container(
        image=image,
        mounts=(
            Mount(model.folder, inside(service)),
            Mount(options, CONFIG),
            *more_mounts(inputs, service, (model,)),
        ),
        entrypoint=entrypoint,
        command=(*command, "serve", loaded(service, model), "--config", CONFIG),
        files={"vllm.yaml": config(service, known.version, loaded(service, model))},
        models=(model, *more_models(inputs, service, (model,))),
        secrets={KEY: service.api_key} if service.api_key else {},
    )


def config(service: VllmService, version: str | None, model: str = "") -> str:
    """Return the options as `vllm serve --config` reads them: flag names, JSON values as text.

    Nested maps are read only by vLLM 0.20 and newer, JSON in a string by all
    (vllm/utils FlexibleArgumentParser); a false flag is written as its negation, for vLLM passes
    over keys that are false. A list is several values only where the option takes several: such as
    --allowed-origins read one, which is JSON.

    Parameters
    ----------
    version:
        vLLM's version in the image, such as ``0.13.0``; None if it is not known.
    model:
        What it loads: clients know a file by the folder of its model.

    """
    flags: dict[str, Any] = dict(service.flags)
    if service.served_name is not None:
        flags["served-model-name"] = service.served_name
    elif model.endswith(".gguf"):
        flags["served-model-name"] = inside(service)
    for name in ("host", "port"):
        if name in service.model_fields_set:
            flags[name] = getattr(service, name)
    lines = ["# Written by jetfleet from the spec; changes made here are undone."]
    for option, value in sorted(flags.items()):
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
    table = _TABLES.of(version)
    known = table.find(option) if table else None
    return known is None or known.many


def _negation(option: str, version: str | None) -> str:
    table = _TABLES.of(version)
    known = table.negation(option) if table else None
    return known.lstrip("-") if known else f"no-{option}"
