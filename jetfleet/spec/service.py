"""One model server on a host: one flat model for all runtimes.

Which keys go with which runtime is checked where a problem can name its line
(`jetfleet.validate.runtime`); this model says what each key may hold.
"""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field

from jetfleet.spec.free import Env, Options
from jetfleet.spec.frozen import FrozenDict, SpecModel, freeze
from jetfleet.spec.image_ref import ImageRef
from jetfleet.spec.invalid import invalid
from jetfleet.spec.ollama import OllamaSettings
from jetfleet.spec.secret import Secret
from jetfleet.spec.text import (
    Address,
    Count,
    Description,
    FreeText,
    HostPath,
    HttpBase,
    Name,
    Port,
    RuleId,
    Seconds,
    ServedName,
    UrlPath,
)

Runtime = Literal["vllm", "ollama", "triton", "trtllm", "llama.cpp", "live-vlm-webui", "container"]
RUNTIMES: tuple[str, ...] = get_args(Runtime)

PORTS = {
    "vllm": 8000,
    "triton": 8000,
    "trtllm": 8000,
    "ollama": 11434,
    "llama.cpp": 8080,
    "live-vlm-webui": 8090,
}
"""The port that each runtime listens on unless it is told another; a container has none."""

Backend = Literal[
    "vllm", "python", "onnxruntime", "pytorch", "tensorrt", "tensorflow", "openvino", "dali"
]


class TritonModel(SpecModel):
    """One entry of Triton's model repository, which jetfleet lays out from this."""

    model: Name | None = Field(
        default=None, description="the name of a model under `models`, mounted at /models/NAME"
    )
    backend: Backend = Field(description="the backend of Triton that runs it")
    flags: Options = Field(
        default_factory=FrozenDict, description="vLLM's options for it, written to model.json"
    )
    instances: Count = Field(default=1, description="how many instances of it run")
    config: tuple[Description, ...] = Field(
        default=(), description="a list of more lines of its config.pbtxt"
    )


class Probe(SpecModel):
    """How a container shows over HTTP that it is ready."""

    path: UrlPath = Field(default="/", description="the path that is asked, such as /health")
    status: Annotated[int, Field(strict=True, ge=100, le=599)] = Field(
        default=200, description="the HTTP status that means ready"
    )
    port: Port | None = Field(
        default=None, description="the port that is asked; left out, that of the service"
    )


def _mount_target(text: str) -> str:
    path, _, mode = text.partition(":")
    if not path.startswith("/") or mode not in {"", "ro", "rw"} or ".." in path.split("/"):
        raise invalid(
            "an absolute path in the container, or PATH:rw", "write it as /data or /data:rw"
        )
    return text


def _published(ports: object) -> object:
    """Take the keys of a mapping of ports, which YAML gives as text, for numbers."""
    if not isinstance(ports, dict):
        return ports
    return {int(key) if str(key).isdecimal() else key: item for key, item in ports.items()}


MountTarget = Annotated[FreeText, AfterValidator(_mount_target)]
Mounts = Annotated[dict[HostPath, MountTarget], AfterValidator(freeze)]
Published = Annotated[dict[Port, Port], BeforeValidator(_published), AfterValidator(freeze)]
Repository = Annotated[dict[Name, TritonModel], AfterValidator(freeze)]
Waived = Annotated[dict[RuleId, FreeText], AfterValidator(freeze)]


def named(value: object) -> object:
    """Turn the mapping of services into a list whose items know their names."""
    if not isinstance(value, dict):
        return value
    return tuple(
        {**body, "name": name} if isinstance(body, dict) else body for name, body in value.items()
    )


class Service(SpecModel):
    """One model server on a host, in a container unless it says otherwise."""

    name: Name
    runtime: Runtime = Field(description=f"the server's kind: {', '.join(RUNTIMES)}")
    model: Name | None = Field(default=None, description="the name of a model under `models`")
    models: tuple[Name, ...] = Field(
        default=(), description="a list of names under `models`: Ollama's set, a container's mounts"
    )
    port: Port | None = Field(
        default=None,
        description="the TCP port it listens on, 1 to 65535; left out, that of its runtime",
    )
    host: Address = Field(default="0.0.0.0", description="the address it listens on")  # noqa: S104
    image: ImageRef | None = Field(default=None, description="the image; left out, the catalog's")
    ipc: Literal["host"] | None = Field(default=None, description="docker's --ipc")
    served_name: ServedName | None = Field(
        default=None, description="the model id that clients use"
    )
    flags: Options = Field(
        default_factory=FrozenDict, description="options of the server, without dashes"
    )
    env: Env = Field(default_factory=FrozenDict, description="environment variables")
    api_key: Secret | None = Field(
        default=None, description="a reference to the key that clients must show"
    )
    ready_timeout: Seconds = Field(
        default=600, description="seconds without progress before the wait for readiness ends"
    )
    on_failure: Literal["rollback", "keep"] = Field(
        default="rollback",
        description="whether the old service comes back if the new one does not become ready",
    )
    waive: Waived = Field(
        default_factory=FrozenDict, description="a mapping of rules that shall not hold to reasons"
    )
    settings: OllamaSettings = Field(
        default=OllamaSettings(), description="Ollama's settings, such as keep_alive: 10m"
    )
    install: Literal["container", "native"] = Field(
        default="container", description="how Ollama is installed: as a container or on the board"
    )
    archives: tuple[Name, ...] = Field(
        default=(),
        description="a list of https models that hold Ollama's program, for install: native",
    )
    repository: Repository = Field(
        default_factory=FrozenDict, description="a mapping of Triton's models by name"
    )
    upstream: Name | None = Field(
        default=None, description="the name of the service on this host that the WebUI asks"
    )
    api_base: HttpBase | None = Field(
        default=None, description="the URL that the WebUI asks, such as http://192.0.2.11:8000/v1"
    )
    prompt: FreeText | None = Field(default=None, description="what the WebUI asks of each frame")
    max_tokens: Count | None = Field(
        default=None, description="most tokens of an answer that the WebUI asks for"
    )
    process_every: Count | None = Field(
        default=None, description="the WebUI asks of one frame in so many"
    )
    command: tuple[Description, ...] = Field(
        default=(), description="a list: the command in the container with its arguments"
    )
    entrypoint: FreeText | None = Field(default=None, description="docker's --entrypoint")
    mounts: Mounts = Field(
        default_factory=FrozenDict,
        description="a mapping of paths on the board to paths in the container, with :rw to write",
    )
    devices: tuple[HostPath, ...] = Field(default=(), description="a list of devices, if there")
    ports: Published = Field(
        default_factory=FrozenDict,
        description="a mapping of the board's ports to the container's, instead of its network",
    )
    preset: Literal["jetson-containers"] | None = Field(
        default=None, description="the mounts and devices that `jetson-containers run` gives"
    )
    probe: Probe | None = Field(default=None, description="how it shows that it is ready")

    @property
    def written(self) -> frozenset[str]:
        """Those of `host` and `port` that the spec wrote: only these are passed to vLLM."""
        return frozenset(self.model_fields_set & {"host", "port"})

    @property
    def model_names(self) -> tuple[str, ...]:
        """Every model that must be on the board for it, each once."""
        of_repository = (entry.model for entry in self.repository.values())
        names = (self.model, *self.models, *self.archives, *of_repository)
        return tuple(dict.fromkeys(name for name in names if name is not None))

    @property
    def in_container(self) -> bool:
        """Whether it runs an image; all do but an Ollama that is installed on the board."""
        return self.runtime != "ollama" or self.install == "container"

    @property
    def tcp_port(self) -> int:
        """The port that answers requests: as written, or that of its runtime.

        A container without any is 0; validation refuses it.
        """
        probed = self.probe.port if self.probe else None
        return self.port or PORTS.get(self.runtime) or probed or next(iter(self.ports), 0)

    @property
    def tcp_ports(self) -> tuple[int, ...]:
        """Every port of the board that it takes, the one that answers requests first."""
        more = self._opened if self.runtime == "triton" else tuple(self.ports)
        return tuple(dict.fromkeys(port for port in (self.tcp_port, *more) if port))

    @property
    def triton_ports(self) -> tuple[int, int]:
        """Triton's ports for gRPC and metrics: as its options say, or the two after its own."""
        named = (self._flag("grpc-port"), self._flag("metrics-port"))
        grpc, metrics = (
            port if isinstance(port, int) else self.tcp_port + at
            for at, port in enumerate(named, 1)
        )
        return grpc, metrics

    @property
    def _opened(self) -> tuple[int, ...]:
        """Those of Triton's two that its options do not keep shut."""
        allowed = (self._flag("allow-grpc"), self._flag("allow-metrics"))
        pairs = zip(self.triton_ports, allowed, strict=True)
        return tuple(port for port, allow in pairs if allow is not False)

    def _flag(self, name: str) -> object:
        """Return the value of an option, however its dashes are written; None without it."""
        return next((v for n, v in self.flags.items() if n.replace("_", "-") == name), None)
