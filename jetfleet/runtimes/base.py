"""What a runtime is: everything that jetfleet has to know of one kind of model server.

A runtime is pure: no SSH, clock or network. Each has a folder beside this file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar

from jetfleet.catalog.option_value import positive_number
from jetfleet.containers import Container, ServiceSettings, local_address, service_resources
from jetfleet.runtimes.benchmark import Benchmark, Cache, Clients
from jetfleet.runtimes.option_tables import OptionTables
from jetfleet.runtimes.options import OptionGroup
from jetfleet.spec.service import Service
from jetfleet.spec.source import hubs_with

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jetfleet.catalog.images import KnownImage
    from jetfleet.cmdline import Call
    from jetfleet.containers import Program, Ready
    from jetfleet.lock.model import LockedModel
    from jetfleet.memory.need import Need
    from jetfleet.resources import Resources
    from jetfleet.role.role_input import RoleInput
    from jetfleet.runtimes.subject import HostInSpec, Subject
    from jetfleet.spec.model import ModelSpec
    from jetfleet.spec.position import KeyPath
    from jetfleet.spec.problem import Problem

S = TypeVar("S", bound=Service)

Protocol = Literal["openai", "ollama", "triton", "http"]
"""What a server speaks: which paths tell its health, its models, and let it generate."""

FOLDERS = hubs_with("folder")
"""Hubs whose models are folders as their publisher laid them out."""

FILES = hubs_with("file")
"""Hubs whose models are one file."""

STORES = hubs_with("store")
"""Hubs whose models are kept in an Ollama store."""


class Runtime(ABC, Generic[S]):
    """One kind of model server; `S` is the model of its services in a spec.

    Class variables:

    name
        As `runtime` in a spec has it.
    title
        As a sentence has it, such as "vLLM".
    service
        Model of its services.
    protocol
        What its server speaks.
    speaks_openai
        Whether clients of OpenAI's interface can ask it.
    sources
        Kinds of model source that it can read; None: it loads none, or any.
    executable
        Words that call its server in an image that the catalog does not know.
    call
        How its process is recognised.
    key_variable
        Environment variable of the key that clients must show; None if it knows no key.
    any_image
        Whether any image may be its own, so that the catalog has none.
    context_options
        Options for the tokens of context, the usual name first; empty if it has none.
    share_option
        Option for the share of memory that it takes at its start; None if it has none.
    dotted_since
        First version that takes ``option.key`` for one key of a JSON option; None: none does.
    abbreviates
        Whether its parser takes the beginning of an option's name for the option.
    loaded_options
        Options for models that it loads beside its own: draft models, adapters, projectors.
    model_options
        Options that take a model's folder or its id at a hub.
    model_is_file
        Whether an option for a model takes a file of it, not its folder.
    cache
        How its cache of prompts is emptied and counted, for a benchmark.
    clients
        How its metrics show that other clients load it.
    load_body
        Fields of a benchmark's requests that only its server knows.
    overhead
        Bytes that its own programs take beside weights, cache and compute buffers.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    service: ClassVar[type[Service]]
    protocol: ClassVar[Protocol]
    speaks_openai: ClassVar[bool] = False
    sources: ClassVar[frozenset[str] | None] = None
    executable: ClassVar[tuple[str, ...]] = ()
    call: ClassVar[Call]
    key_variable: ClassVar[str | None] = None
    any_image: ClassVar[bool] = False
    context_options: ClassVar[tuple[str, ...]]
    share_option: ClassVar[str | None] = None
    dotted_since: ClassVar[str | None] = None
    abbreviates: ClassVar[bool] = False
    loaded_options: ClassVar[frozenset[str]] = frozenset()
    model_options: ClassVar[frozenset[str]] = frozenset()
    model_is_file: ClassVar[bool] = False
    cache: ClassVar[Cache] = Cache()
    clients: ClassVar[Clients] = Clients()
    load_body: ClassVar[Mapping[str, Any]] = {}
    overhead: ClassVar[int] = 0

    # On a board.

    @abstractmethod
    def program(self, inputs: RoleInput, service: S) -> Program:
        """Return what the service runs."""

    @abstractmethod
    def ready(self, inputs: RoleInput, service: S) -> Ready:
        """Return how the service shows that it is ready."""

    def more(self, inputs: RoleInput, service: S) -> Resources:
        """Return what else must be on the board before the service starts."""
        del inputs, service
        return []

    def resources(self, inputs: RoleInput, service: S) -> Resources:
        """Return everything that a board needs for the service."""
        settings = ServiceSettings(
            name=service.name,
            port=service.tcp_port,
            host=service.host,
            ports=service.tcp_ports,
            about=service.runtime,
            env=service.env,
            proxy=service.proxy,
            ready_timeout=service.ready_timeout,
            rollback=service.on_failure == "rollback",
        )
        program, ready = self.program(inputs, service), self.ready(inputs, service)
        if isinstance(program, Container):
            program = _as_written(program, service)
        served = service_resources(inputs, settings, program, ready)
        return [*self.more(inputs, service), *served]

    def called(self, image: KnownImage) -> tuple[str | None, tuple[str, ...]]:
        """Return what replaces the entrypoint of an image, and the words that follow it.

        The entrypoint is None, and the words call the server, where the image's own must stay.
        """
        first, *rest = image.executable or self.executable
        return (None, (first, *rest)) if image.prepares else (first, tuple(rest))

    def key_name(self, service: S) -> str:
        """Return the variable of the service's env file that holds its key; empty without one."""
        return self.key_variable or "" if service.key(self.key_variable) else ""

    # For its clients.

    @abstractmethod
    def model_id(self, models: Mapping[str, ModelSpec], service: S) -> str:
        """Return the id by which clients ask for its first model; empty if that is not known."""

    def context(self, service: S) -> int | None:
        """Return the tokens of context that the spec gives it; None if the spec does not say."""
        return positive_number(service.option(*self.context_options))

    def benchmark(self, inputs: RoleInput, service: S) -> Benchmark:
        """Return how the service is benchmarked."""
        locked = inputs.model(service.model_names[0]) if service.model_names else None
        is_store = self.protocol == "ollama"
        return Benchmark(
            service=service.name,
            url=f"http://{local_address(service.host)}:{service.tcp_port}",
            model=self.model_id(inputs.models, service),
            protocol="ollama" if is_store else "openai",
            container=service.in_container,
            tokenizer=f"/models/{locked.name}" if locked and not is_store else "",
            folder=locked.folder if locked and not is_store else "",
            context=self.context(service),
            key=self.key_name(service),
            cache=self.cache,
            clients=self.clients,
            body=self.load_body,
        )

    @property
    def has_benchmark(self) -> bool:
        """Whether a benchmark can load it: it speaks OpenAI's interface or Ollama's."""
        return self.protocol in {"openai", "ollama"}

    # Checks of a spec.

    @abstractmethod
    def memory(self, subject: Subject, service: S) -> Need:
        """Return the memory that the service takes."""

    def memory_path(self, service: S) -> KeyPath:
        """Return the key below the service that says how much memory it takes."""
        written = self.share_option is not None and service.option(self.share_option) is not None
        return ("flags", str(self.share_option)) if written else ("model",)

    def check(self, of: HostInSpec, service: S) -> Iterator[Problem]:
        """Yield the problems that the spec alone shows."""
        del of, service
        yield from ()

    def check_on_board(self, subject: Subject, service: S) -> Iterator[Problem]:
        """Yield the problems that show once board, image and models are known."""
        del subject, service
        yield from ()

    def check_locked(self, service: S, model: LockedModel) -> Iterator[str]:
        """Yield a sentence for each reason why the service cannot load its locked model."""
        del service, model
        yield from ()

    def loaded_at_start(self, service: S) -> Sequence[str]:
        """Return the models that are in memory once the service is ready."""
        return service.model_names

    # What the catalog knows.

    @property
    def folder(self) -> str:
        """The name of its folder."""
        return type(self).__module__.split(".")[2]

    def serves(self, image: KnownImage) -> bool:
        """Tell whether an image has its server."""
        return self.any_image or self.name in {image.runtime, *image.backends}

    def engine(self, image: KnownImage | None) -> str | None:
        """Return the version of its program in an image; None if that is not known."""
        if image is None:
            return None
        return image.version if image.runtime == self.name else image.backends.get(self.name)

    def engine_of(self, subject: Subject, service: S) -> str | None:
        """Return the version of the program that a service runs; None if that is not known."""
        return self.engine(subject.image(service))

    @cached_property
    def tables(self) -> OptionTables:
        """The options of its program, by version."""
        return OptionTables(self.folder, self.dotted_since)

    def option_groups(self, service: S) -> Iterator[OptionGroup]:
        """Yield the options of the service's server."""
        flags: Mapping[str, Any] = getattr(service, "flags", {})
        model: str | None = getattr(service, "model", None)
        yield OptionGroup(("services", service.name, "flags"), self, flags, model)

    # Adopting a board that was set up by hand.

    def adopted_unit(self) -> dict[str, Any]:
        """Return the keys of a service that runs as a unit of its own, without a container."""
        return {}

    def store(self, env: Mapping[str, str]) -> str | None:
        """Return the folder from which a unit with this environment serves its models."""
        del env
        return None


def _as_written(container: Container, service: Service) -> Container:
    """Return a container with the options of docker that the spec has for its service."""
    devices = tuple(dict.fromkeys((*container.devices, *service.devices)))
    with_options = replace(container, docker=service.docker_options, devices=devices)
    if service.entrypoint in {None, container.entrypoint}:
        return with_options
    called = (container.entrypoint,) if container.entrypoint else ()
    command = (*called, *container.command)
    return replace(with_options, entrypoint=service.entrypoint, command=command)
