"""What somebody set up by hand on a host: described as it is, compared, never changed."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from jetfleet.spec.free import FreeJson
from jetfleet.spec.frozen import FrozenDict, SpecModel, freeze
from jetfleet.spec.service import Service, named
from jetfleet.spec.text import Description, Flag, HostPath, ImageId, Name, User

Volumes = Annotated[dict[Description, Description], AfterValidator(freeze)]
Folders = Annotated[dict[Name, HostPath], AfterValidator(freeze)]


class Made(SpecModel):
    """How a service was made, in what the keys of a service cannot say."""

    container: Name | None = Field(default=None, description="the name of the container")
    unit: Name | None = Field(default=None, description="or that of the systemd unit")
    image_id: ImageId | None = Field(
        default=None, description="the id of the image that the container was made from"
    )
    command: Description = Field(default="", description="what container or unit runs, in a line")
    docker: FreeJson = Field(
        default_factory=FrozenDict, description="options of `docker run`, without dashes"
    )
    volumes: Volumes = Field(
        default_factory=FrozenDict, description="a mapping of -v: what is on the board to PATH[:ro]"
    )
    model: Description | None = Field(
        default=None, description="the path or id of the model, as its server was told"
    )
    options: FreeJson = Field(
        default_factory=FrozenDict, description="options of the server that are keys of a service"
    )
    hidden: tuple[Name, ...] = Field(
        default=(), description="a list of options whose values are secrets: only that they are set"
    )
    enabled: Flag = Field(default=True, description="whether the unit starts at boot")
    user: User | None = Field(default=None, description="the user that the unit runs as")


class AdoptedService(Service):
    """A service that somebody made: the keys of a service, and how it was made."""

    made: Made = Field(description="how it was made: a container or a unit, and its options")

    @property
    def tcp_ports(self) -> tuple[int, ...]:
        """Ports of the board that it takes, as far as how it was made tells.

        Those of its server if it is on the board's own network, else those that Docker publishes.
        """
        if self.made.unit is None and self.made.docker.get("network") != "host":
            written = self.made.docker.get("publish")
            mappings = written if isinstance(written, tuple) else (written,)
            found = (_PUBLISHED.fullmatch(str(mapping)) for mapping in mappings)
            return tuple(dict.fromkeys(int(port[1]) for port in found if port))
        bound = self.env.get("OLLAMA_HOST") if self.runtime == "ollama" else None
        port = re.search(r":(\d+)/?$", bound) if isinstance(bound, str) else None
        return (int(port[1]),) if port else super().tcp_ports


_PUBLISHED = re.compile(r"(?:.*:)?(\d+):\d+(?:/tcp)?")
"""``[ADDRESS:]PORT:INSIDE[/tcp]``, as docker's ``--publish`` has it."""


class Adopted(SpecModel):
    """What somebody set up by hand. While it is there, jetfleet puts nothing of its own."""

    services: Annotated[tuple[AdoptedService, ...], BeforeValidator(named)] = Field(
        default=(), description="a mapping of service names to services as they were made"
    )
    models: Folders = Field(
        default_factory=FrozenDict, description="a mapping of model names to hand-made folders"
    )

    @property
    def model_names(self) -> tuple[str, ...]:
        """The models whose files are compared with the lock."""
        return tuple(self.models)
