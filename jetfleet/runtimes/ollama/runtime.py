"""Ollama as a runtime, in a container or installed on the board."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jetfleet.cmdline import Call
from jetfleet.containers import Container, Mount, Ready
from jetfleet.hubs.ollama.spec import name_of
from jetfleet.runtimes.base import STORES, Runtime
from jetfleet.runtimes.mounted import more_mounts
from jetfleet.runtimes.ollama import native
from jetfleet.runtimes.ollama.checks import check_loaded_models, check_native
from jetfleet.runtimes.ollama.memory import OVERHEAD, ollama_needs
from jetfleet.runtimes.ollama.spec import OllamaService
from jetfleet.runtimes.options import OptionGroup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jetfleet.containers import Program
    from jetfleet.memory.need import Need
    from jetfleet.resources import Resources
    from jetfleet.role.role_input import RoleInput
    from jetfleet.runtimes.subject import HostInSpec, Subject
    from jetfleet.spec.model import ModelSpec
    from jetfleet.spec.position import KeyPath
    from jetfleet.spec.problem import Problem

_STORE = "/ollama/models"
"""Where the container sees the store."""

_INSTALLED_STORE = "/usr/share/ollama/.ollama/models"
"""Where the unit of Ollama's own installer keeps models."""


_RELEASE = re.compile(r"/v(\d+\.\d+\.\d+)/")
"""The version in the address of a release's file."""


class Ollama(Runtime[OllamaService]):
    """One server that loads each of its models when it is asked for it.

    The role `models` puts them into the store, blobs first and the manifest last; the server prunes
    nothing at its start, for it may start in between.
    """

    name = "ollama"
    title = "Ollama"
    service = OllamaService
    protocol = "ollama"
    speaks_openai = True
    sources = STORES
    executable = ("ollama",)
    call = Call("ollama", words=("ollama", "serve"))
    context_options = ()  # it is a key of its settings
    overhead = OVERHEAD

    def program(self, inputs: RoleInput, service: OllamaService) -> Program:
        """Return the container, or the program on the board."""
        env = variables(inputs, service)
        needs = tuple(f"ollama:{name}" for name in service.models)
        store = inputs.host.ollama_store or ""
        if not service.in_container:
            return native.program(inputs, service, env, needs)
        image, known = inputs.image_of(service)
        entrypoint, command = self.called(known)
        return Container(
            image=image,
            # jetfleet puts the models into the store; the server only adds blobs of its own.
            mounts=(
                Mount(store, _STORE, write=True),
                Mount(f"{store}/manifests", f"{_STORE}/manifests"),
                *more_mounts(inputs, service),
            ),
            entrypoint=entrypoint,
            command=(*command, "serve"),
            env={**env, "OLLAMA_MODELS": _STORE},
            folders=(store,),
            models=tuple(inputs.model(name) for name in service.models),
            needs=needs,
        )

    def ready(self, inputs: RoleInput, service: OllamaService) -> Ready:
        """Return that all its models are listed, and that the first generates on the GPU."""
        names = tuple(name_of(inputs.models[name].source) for name in service.models)
        return Ready(kind=self.protocol, health="/api/version", models=names, gpu=service.gpu)

    def more(self, inputs: RoleInput, service: OllamaService) -> Resources:
        """Return what unpacks its program, where it is installed on the board."""
        return [] if service.in_container else native.more(inputs, service)

    def model_id(self, models: Mapping[str, ModelSpec], service: OllamaService) -> str:
        """Return Ollama's own name of its first model."""
        first = models.get(service.models[0]) if service.models else None
        return name_of(first.source) if first else ""

    def context(self, service: OllamaService) -> int | None:
        """Return the context of a request that names none."""
        return service.settings.context_length

    def memory(self, subject: Subject, service: OllamaService) -> Need:
        """Return what it takes with the largest of its models loaded: it serves them in turn."""
        needs = ollama_needs(subject, service, self.engine_of(subject, service))
        return max(needs, key=lambda need: need.total)

    def memory_path(self, service: OllamaService) -> KeyPath:
        """Return its models."""
        del service
        return ("models",)

    def check(self, of: HostInSpec, service: OllamaService) -> Iterator[Problem]:
        """Yield problems of where its program comes from."""
        yield from check_native(of, service)

    def check_on_board(self, subject: Subject, service: OllamaService) -> Iterator[Problem]:
        """Yield a warning if it may hold more models at once than fit."""
        engine = self.engine_of(subject, service)
        yield from check_loaded_models(subject, service, engine)

    def engine_of(self, subject: Subject, service: OllamaService) -> str | None:
        """Return the version in the image; of an installed one that in its archives' addresses."""
        if service.in_container:
            return super().engine_of(subject, service)
        sources = (subject.spec.models.get(name) for name in service.archives)
        found = (_RELEASE.search(str(model.source)) for model in sources if model)
        return next((match[1] for match in found if match), None)

    def option_groups(self, service: OllamaService) -> Iterator[OptionGroup]:
        """Yield a group without options for each of its models."""
        path = ("services", service.name, "flags")
        for name in service.models or (None,):
            yield OptionGroup(path, self, {}, name)

    def loaded_at_start(self, service: OllamaService) -> Sequence[str]:
        """Return its first model: it is ready with that, and loads the others on demand."""
        return service.model_names[:1]

    def adopted_unit(self) -> dict[str, Any]:
        """Return how its unit is written in a spec."""
        return {"install": "native"}

    def store(self, env: Mapping[str, str]) -> str:
        """Return its store: as its variable says, else that of its own installer."""
        return env.get("OLLAMA_MODELS", _INSTALLED_STORE)


def variables(inputs: RoleInput, service: OllamaService) -> dict[str, str]:
    """Return the environment that says what the spec says.

    The libraries for JetPack are chosen by the L4T release, which a container cannot see:
    https://github.com/ollama/ollama/blob/main/discover/gpu.go
    """
    host = f"[{service.host}]" if ":" in service.host else service.host
    jetpack = {"35": "5", "36": "6"}.get(inputs.l4t.partition(".")[0])
    return {
        **({"JETSON_JETPACK": jetpack} if jetpack else {}),
        "OLLAMA_HOST": f"{host}:{service.tcp_port}",
        **service.settings.variables,
    }


RUNTIME = Ollama()
