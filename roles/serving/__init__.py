"""Model servers: each a systemd unit that runs a container and is active only when it is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.board import program
from jetfleet.resources import File, Resources
from jetfleet.roles.serving import container, llamacpp, native, ollama, triton, trtllm, vllm, webui

if TYPE_CHECKING:
    from collections.abc import Callable

    from jetfleet.role_input import RoleInput
    from jetfleet.spec.model import Service

_RUNTIMES: dict[str, Callable[[RoleInput, Service], Resources]] = {
    "vllm": vllm.desired,
    "ollama": ollama.desired,
    "triton": triton.desired,
    "trtllm": trtllm.desired,
    "llama.cpp": llamacpp.desired,
    "live-vlm-webui": webui.desired,
    "container": container.desired,
}


def desired(inputs: RoleInput) -> Resources:
    """Return the services of a host with their files."""
    if not inputs.host.services:
        return []
    runtimes = {service.runtime for service in inputs.host.services}
    programs: dict[str, str] = {}
    if "live-vlm-webui" in runtimes:
        programs[webui.CERTIFICATE] = "certificate.sh"
    if any(not one.in_container for one in inputs.host.services):
        programs[native.INSTALL] = "native.sh"
    wanted: Resources = [File(path, program(name), mode="755") for path, name in programs.items()]
    for service in inputs.host.services:
        start = _RUNTIMES[service.runtime] if service.in_container else native.desired
        wanted += start(inputs, service)
    return list({resource.key: resource for resource in wanted}.values())
