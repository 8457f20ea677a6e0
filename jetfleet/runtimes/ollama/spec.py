"""Ollama's keys in a spec."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

import re
from typing import ClassVar, Literal

from pydantic import Field

from jetfleet.runtimes.ollama.settings import OllamaSettings
from jetfleet.spec.service import ModelNames, Mounts, Service, unique
from jetfleet.spec.text import Name

_PORT = re.compile(r":(\d+)/?$")


class OllamaService(Service):
    """An Ollama: one server that loads each of its models when it is asked for it."""

    default_port: ClassVar = 11434
    ollama_store: ClassVar = True
    needed: ClassVar = {"models": "a list of names of `ollama:` models, the set that it serves"}
    instead: ClassVar = {
        "flags": "write it under settings, such as settings: {keep_alive: 10m}",
        "model": "write models: [NAME]",
        "served_name": "clients use Ollama's own name, such as qwen3:1.7b",
        "api_key": "Ollama has no API keys; restrict access to its port in your network",
    }
    own_variables: ClassVar = {
        "OLLAMA_HOST": "write it as `host` and `port` of the service",
        "OLLAMA_MODELS": "write it as `models.ollama_store` of the host",
        "JETSON_JETPACK": "remove it: the host's L4T release tells",
        **{
            f"OLLAMA_{name.upper()}": f"write it as settings: {{{name}: …}}"
            for name in OllamaSettings.model_fields
        },
    }

    runtime: Literal["ollama"]
    models: ModelNames = ()
    mounts: Mounts
    settings: OllamaSettings = Field(
        default=OllamaSettings(), description="Ollama's settings, such as keep_alive: 10m"
    )
    install: Literal["container", "native"] = Field(
        default="container", description="how Ollama is installed: as a container or on the board"
    )
    gpu: Literal["required", "partly", "off"] = Field(
        default="partly",
        description="which part of a model must be on the GPU for the service to be ready: all "
        "(required), some (partly) or none (off)",
    )
    archives: tuple[Name, ...] = Field(
        default=(),
        description="a list of https models that hold Ollama's program, for install: native",
    )

    @property
    def in_container(self) -> bool:
        """Whether it runs an image; it can also be installed on the board."""
        return self.install == "container"

    @property
    def tcp_port(self) -> int:
        """The port as written, or as a service that was set up by hand has it in its variable."""
        told = self.env.get("OLLAMA_HOST")
        found = _PORT.search(told) if isinstance(told, str) else None
        return int(found[1]) if found else super().tcp_port

    @property
    def model_names(self) -> tuple[str, ...]:
        """Its models, and the archives with its program."""
        return unique([*self.models, *self.archives])


SERVICE = OllamaService
