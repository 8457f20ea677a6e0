"""A model server on a host: the keys that every runtime has.

Each runtime adds keys of its own in `jetfleet/runtimes/<name>/spec.py`; `jetfleet.spec.services`
joins them.
"""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, field_validator

from jetfleet.spec.docker_options import DockerOptions
from jetfleet.spec.free import Env
from jetfleet.spec.frozen import FrozenDict, freeze
from jetfleet.spec.image_ref import ImageRef
from jetfleet.spec.option_paths import models_in
from jetfleet.spec.options import Options, refuse_options
from jetfleet.spec.secret import Secret, SecretRef
from jetfleet.spec.text import (
    Address,
    Flag,
    FreeText,
    MountTarget,
    Name,
    PathKey,
    Port,
    RuleId,
    Seconds,
    ServedName,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Waived = Annotated[dict[RuleId, FreeText], AfterValidator(freeze)]

ModelName = Annotated[Name | None, Field(description="the name of a model under `models`")]
ModelNames = Annotated[
    tuple[Name, ...], Field(description="a list of names under `models` that it serves or mounts")
]
Flags = Annotated[
    Options,
    Field(default_factory=FrozenDict, description="options of the server, without dashes"),
]
Mounts = Annotated[
    dict[PathKey, MountTarget],
    AfterValidator(freeze),
    Field(
        default_factory=FrozenDict,
        description="a mapping of paths on the board to paths in the container, with :rw to write",
    ),
]
ApiKey = Annotated[
    Secret | None, Field(description="a reference to the key that clients must show")
]
ServedAs = Annotated[ServedName | None, Field(description="the model id that clients use")]

OWN_OPTIONS = {
    "port": "write it as `port` of the service",
    "host": "write it as `host` of the service",
    "model": "write it as `model` of the service",
}
"""Options of most servers that the spec has a key for, and what to write instead."""


def named(value: object) -> object:
    """Turn the mapping of services into a list whose items know their names."""
    if not isinstance(value, dict):
        return value
    return tuple(
        {**body, "name": name} if isinstance(body, dict) else body for name, body in value.items()
    )


def in_env(variable: str) -> str:
    """Return what to write to pass a secret in an environment variable."""
    return f"remove it, and write env: {{{variable}: {{env: {variable}}}}} instead"


class Service(DockerOptions):
    """A model server on a host, in a container unless it says otherwise.

    Class variables, which a runtime sets:

    default_port
        The port that it listens on where the spec names none.
    needed
        Keys that it needs it, and what they hold.
    instead
        Keys of other runtimes, and what to write for them.
    own_options, secret_options, own_variables
        Options and environment variables that must not be written, and what to write instead.
    ollama_store
        Whether its models lie in an Ollama store.
    """

    default_port: ClassVar[int] = 0
    needed: ClassVar[Mapping[str, str]] = {}
    instead: ClassVar[Mapping[str, str]] = {}
    own_options: ClassVar[Mapping[str, str]] = OWN_OPTIONS
    secret_options: ClassVar[Mapping[str, str]] = {"hf-token": in_env("HF_TOKEN")}
    own_variables: ClassVar[Mapping[str, str]] = {}
    ollama_store: ClassVar[bool] = False

    name: Name
    runtime: str
    port: Port | None = Field(
        default=None,
        description="the TCP port it listens on, 1 to 65535; left out, that of its runtime",
    )
    host: Address = Field(default="0.0.0.0", description="the address it listens on")  # noqa: S104 - as `docker run -p` does
    image: ImageRef | None = Field(default=None, description="the image; left out, the catalog's")
    env: Env = Field(default_factory=FrozenDict, description="environment variables")
    proxy: Flag = Field(
        default=False, description="whether it gets the variables of the host's HTTP proxy"
    )
    ready_timeout: Seconds = Field(
        default=600, description="seconds without progress before the wait for readiness ends"
    )
    on_failure: Literal["rollback", "keep"] = Field(
        default="rollback",
        description="whether the old service comes back if the new one does not become ready",
    )
    waive: Waived = Field(
        default_factory=FrozenDict, description="a mapping of rules to waive to reasons"
    )

    @field_validator("flags", check_fields=False)
    @classmethod
    def _refuse_options(cls, flags: Mapping[str, Any]) -> Mapping[str, Any]:
        refuse_options(flags, cls.own_options, cls.secret_options)
        return flags

    @property
    def in_container(self) -> bool:
        """Whether it runs an image."""
        return True

    @property
    def tcp_port(self) -> int:
        """The port that answers requests; 0 if neither spec nor runtime names one."""
        return self.port or self.default_port

    @property
    def tcp_ports(self) -> tuple[int, ...]:
        """Every port of the board that it takes, the one that answers requests first."""
        return (self.tcp_port,) if self.tcp_port else ()

    @property
    def publishes(self) -> bool:
        """Whether it has a network of its own, and Docker publishes its ports."""
        return False

    @property
    def model_names(self) -> tuple[str, ...]:
        """Every model that must be on the board for it, each once."""
        return unique([getattr(self, "model", None), *self.option_models])

    @property
    def option_models(self) -> tuple[str, ...]:
        """The models that its options name as ``/models/NAME``, its own among them."""
        return unique(models_in(getattr(self, "flags", {}), getattr(self, "mounts", {})))

    def option(self, *names: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return the value of the first of these options that is written; None without any."""
        flags: Mapping[str, Any] = getattr(self, "flags", {})
        return next((flags[name] for name in names if name in flags), None)

    def key(self, variable: str | None) -> SecretRef | None:
        """Return the key that clients must show: `api_key`, or that of the env `variable`."""
        written = getattr(self, "api_key", None) or self.env.get(variable or "")
        return written if isinstance(written, SecretRef) else None


def unique(names: Iterable[str | None]) -> tuple[str, ...]:
    """Return the names that are written, each once."""
    return tuple(dict.fromkeys(name for name in names if name is not None))
