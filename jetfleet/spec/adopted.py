"""Services and models that were set up by hand: described as they are, compared, never changed."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import AfterValidator, Field, create_model

from jetfleet.spec.free import FreeJson
from jetfleet.spec.frozen import FrozenDict, SpecModel, freeze
from jetfleet.spec.options import Options, plain_option
from jetfleet.spec.service import Service
from jetfleet.spec.services import SERVICES, AnyService, services_of
from jetfleet.spec.text import Description, Flag, HostPath, ImageId, Name, UnitName, User

Volumes = Annotated[dict[Description, Description], AfterValidator(freeze)]
OptionName = Annotated[Name, AfterValidator(plain_option)]
Folders = Annotated[dict[Name, HostPath], AfterValidator(freeze)]


class Made(SpecModel):
    """How a container or unit was created, where the keys of a service do not cover it."""

    container: Name | None = Field(default=None, description="the name of the container")
    unit: UnitName | None = Field(
        default=None,
        description="the name of the systemd unit, instead of a container or as what starts it",
    )
    image_id: ImageId | None = Field(default=None, description="the id of the container's image")
    command: Description = Field(
        default="", description="the command line of the container or unit"
    )
    docker: FreeJson = Field(
        default_factory=FrozenDict, description="options of `docker run`, without dashes"
    )
    volumes: Volumes = Field(
        default_factory=FrozenDict,
        description="a mapping of `docker run -v`: paths or volumes to PATH[:ro]",
    )
    model: Description | None = Field(
        default=None, description="the path or id of the model in the server's command line"
    )
    options: Options = Field(
        default_factory=FrozenDict,
        description="options of the server that have a key of their own in a service",
    )
    hidden: tuple[OptionName, ...] = Field(
        default=(),
        description="a list of options whose values are secrets; only their presence is compared",
    )
    enabled: Flag = Field(default=True, description="whether the unit starts at boot")
    user: User | None = Field(default=None, description="the user that the unit runs as")


class AdoptedService(Service):
    """A service that was set up by hand: the keys of a service, and how it was created."""

    own_options: ClassVar = dict.fromkeys(
        ("config", "host", "model", "port", "served-model-name"),
        "write it as `options` under `made`, or as the key of the service",
    )

    made: Made = Field(description="how it was created: a container or a unit, and its options")

    @property
    def tcp_ports(self) -> tuple[int, ...]:
        """Host ports that the service uses, from what `made` says of it.

        These are the server's ports on the host's network, or the ports that Docker publishes.
        """
        in_container = self.made.container is not None or self.made.unit is None
        if in_container and self.made.docker.get("network") != "host":
            written = self.made.docker.get("publish")
            mappings = written if isinstance(written, tuple) else (written,)
            found = (_PUBLISHED.fullmatch(str(mapping)) for mapping in mappings)
            ports = (int(port[1]) for port in found if port)
            return tuple(dict.fromkeys((*getattr(self, "ports", ()), *ports)))
        return super().tcp_ports


_PUBLISHED = re.compile(r"(?:.*:)?(\d+):\d+(?:/tcp)?")
"""A value of docker's ``--publish``: ``[ADDRESS:]PORT:INSIDE[/tcp]``."""


def _adopted(model: type[Service]) -> type[AdoptedService]:
    """Return the model of a runtime's services that were set up by hand."""
    runtime = model.model_fields["runtime"]
    # Of two bases the first one's field wins, and the first knows any runtime.
    return create_model(
        f"Adopted{model.__name__}",
        __base__=(AdoptedService, model),  # type: ignore[arg-type]
        runtime=(runtime.annotation, runtime),  # type: ignore[arg-type]
    )


ADOPTED = {name: _adopted(model) for name, model in SERVICES.items()}
"""The model of each runtime's services that were set up by hand, by the runtime's name."""

ADOPTED_ANY = _adopted(AnyService)

if TYPE_CHECKING:
    AdoptedServices = tuple[AdoptedService, ...]
else:
    AdoptedServices = services_of(ADOPTED, ADOPTED_ANY)


class Adopted(SpecModel):
    """What was set up by hand; while a host has it, jetfleet installs nothing on the host."""

    services: AdoptedServices = Field(
        default=(), description="a mapping of names to services that were set up by hand"
    )
    models: Folders = Field(
        default_factory=FrozenDict, description="a mapping of model names to hand-made folders"
    )

    @property
    def model_names(self) -> tuple[str, ...]:
        """Names of the models whose files are compared with the lock."""
        return tuple(self.models)
