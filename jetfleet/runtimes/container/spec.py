"""The keys of any other container in a spec."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from jetfleet.spec.frozen import FrozenDict, SpecModel, freeze
from jetfleet.spec.service import ModelNames, Mounts, Service, unique
from jetfleet.spec.text import Description, Port, UrlPath


class Probe(SpecModel):
    """How a container shows over HTTP that it is ready."""

    path: UrlPath = Field(default="/", description="the path that is asked, such as /health")
    status: Annotated[int, Field(strict=True, ge=100, le=599)] = Field(
        default=200, description="the HTTP status that means ready"
    )
    port: Port | None = Field(
        default=None, description="the port that is asked; left out, that of the service"
    )


def _published(ports: object) -> object:
    """Return a mapping of ports with numbers as keys, which YAML gives as text."""
    if not isinstance(ports, dict):
        return ports
    return {int(key) if str(key).isdecimal() else key: item for key, item in ports.items()}


Published = Annotated[dict[Port, Port], BeforeValidator(_published), AfterValidator(freeze)]


class ContainerService(Service):
    """Any image with a command; its catalog is the spec itself."""

    needed: ClassVar = {
        "image": "an image: the catalog has none for a container",
        "probe": "what shows over HTTP that it is ready, such as probe: {path: /health}",
    }
    instead: ClassVar = {
        "flags": "write it in command",
        "model": "write models: [NAME], which mounts it at /models/NAME",
    }

    runtime: Literal["container"]
    models: ModelNames = ()
    command: tuple[Description, ...] = Field(
        default=(), description="a list: the command in the container with its arguments"
    )
    mounts: Mounts
    ports: Published = Field(
        default_factory=FrozenDict,
        description="a mapping of the board's ports to the container's, instead of its network",
    )
    preset: Literal["jetson-containers"] | None = Field(
        default=None, description="the mounts and devices that `jetson-containers run` gives"
    )
    probe: Probe | None = Field(default=None, description="how it shows that it is ready")

    @property
    def tcp_port(self) -> int:
        """The port as written, else that of its probe, else the first that it publishes."""
        probed = self.probe.port if self.probe else None
        return self.port or probed or next(iter(self.ports), 0)

    @property
    def tcp_ports(self) -> tuple[int, ...]:
        """That port, and all that it publishes."""
        return tuple(dict.fromkeys(port for port in (self.tcp_port, *self.ports) if port))

    @property
    def publishes(self) -> bool:
        """Whether it has a network of its own, and Docker publishes its ports."""
        return bool(self.ports)

    @property
    def model_names(self) -> tuple[str, ...]:
        """The models that are mounted in it."""
        return unique(self.models)


SERVICE = ContainerService
