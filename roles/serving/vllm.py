"""vLLM: `vllm serve` on a locked model, its options in a YAML file that `--config` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jetfleet.catalog.vllm import options
from jetfleet.spec.frozen import thaw
from roles.serving.unit import Container, Probe, resources
from roles.serving.yaml import scalar

if TYPE_CHECKING:
    from jetfleet.given import Given
    from jetfleet.resources import Resources
    from jetfleet.spec.model import Service

CONFIG = "/etc/jetfleet/vllm.yaml"
"""Where the container sees its options."""


def desired(given: Given, service: Service) -> Resources:
    """Return the unit, its files and the service itself."""
    image, known = given.image_of(service)
    model = given.model(service.model or "")
    inside = f"/models/{model.name}"
    folder = f"/etc/jetfleet/{service.name}"
    container = Container(
        image=image,
        mounts=((model.folder, inside), (f"{folder}/vllm.yaml", CONFIG)),
        command=(*known.executable, "serve", inside, "--config", CONFIG),
        files={"vllm.yaml": config(service, known.version)},
        ipc=service.ipc,
    )
    probe = Probe(
        url=f"http://{_local(service.host)}:{service.tcp_port}",
        model=service.served_name or inside,
    )
    return resources(given, service, container, model, probe)


def config(service: Service, version: str | None) -> str:
    """Return the options as `vllm serve --config` reads them: flag names, JSON values as text.

    Nested maps are read only by vLLM 0.20 and newer, JSON in a string by all
    (vllm/utils FlexibleArgumentParser); a false flag is written as its negation, for vLLM passes
    over keys that are false.

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
        elif isinstance(value, (list, tuple)):
            lines += [f"{option}:", *(f"  - {scalar(str(item))}" for item in value)]
        elif isinstance(value, Mapping):
            lines.append(f"{option}: {scalar(json.dumps(thaw(value), ensure_ascii=False))}")
        else:
            lines.append(f"{option}: {scalar(value)}")
    return "\n".join(lines) + "\n"


def _negation(option: str, version: str | None) -> str:
    known = options(version).negation(option) if version else None
    return known.lstrip("-") if known else f"no-{option}"


def _local(host: str) -> str:
    """Return the address by which a board reaches its own service."""
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104
