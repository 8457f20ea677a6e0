"""llama.cpp as a runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.cmdline import Call
from jetfleet.containers import Container, Mount, Ready
from jetfleet.containers.arguments import arguments
from jetfleet.memory.gguf import GgufServer, gguf_need
from jetfleet.runtimes.asked import Values, asks
from jetfleet.runtimes.base import FILES, FOLDERS, Runtime
from jetfleet.runtimes.benchmark import Clients
from jetfleet.runtimes.folders import read
from jetfleet.runtimes.llamacpp.spec import KEY, LlamaCppService
from jetfleet.runtimes.llamacpp.weights import candidates, weights_of
from jetfleet.runtimes.loaded import with_loaded
from jetfleet.runtimes.mounted import more_models, more_mounts
from jetfleet.spec.frozen import FrozenDict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jetfleet.containers import Program
    from jetfleet.lock.model import LockedModel
    from jetfleet.memory.need import Need
    from jetfleet.resources import Model
    from jetfleet.role.role_input import RoleInput
    from jetfleet.runtimes.subject import Subject
    from jetfleet.spec.model import ModelSpec

_PROJECTOR = {"mmproj", "mm", "mmproj-url", "mmu"}
_NO_PROJECTOR = {"no-mmproj", "mmproj-auto", "no-mmproj-auto"}
_LOADED = frozenset(
    {
        "control-vector", "control-vector-scaled", "lora", "lora-scaled", "md", "mm", "mmproj",
        "model-draft", "model-vocoder", "mv", "spec-draft-model",
    }
)  # fmt: skip
_EMBEDS: Values = {"embedding": (True,), "embeddings": (True,)}
_SILENT: Values = {"rerank": (True,), "reranking": (True,)}
_FETCHED = frozenset(read("llamacpp", "options.json")["fetched"])
_UNWRITTEN_CONTEXT = 4096
"""Tokens that are counted where the spec writes none: it takes the model's own, or what fits."""


class LlamaCpp(Runtime[LlamaCppService]):
    """`llama-server` on the GGUF file of a locked model."""

    name = "llama.cpp"
    title = "llama.cpp"
    service = LlamaCppService
    protocol = "openai"
    speaks_openai = True
    sources = FOLDERS | FILES
    executable = ("llama-server",)
    call = Call("llama.cpp", words=("llama-server",))
    loaded_options = _LOADED
    model_options = _LOADED | _FETCHED
    model_is_file = True
    key_variable = KEY
    context_options = ("ctx-size", "c")
    # With --metrics alone; it counts no ended requests.
    # https://github.com/ggml-org/llama.cpp/blob/00dc8057ab28c9cb4c79a6dd6dfce07fe779f63b/tools/server/README.md#get-metrics-prometheus-compatible-metrics-exporter
    clients = Clients(("llamacpp:requests_processing", "llamacpp:requests_deferred"))
    load_body = FrozenDict(ignore_eos=True, cache_prompt=False)

    def program(self, inputs: RoleInput, service: LlamaCppService) -> Program:
        """Return the container; a projector for images beside the weights is used."""
        image, known = inputs.image_of(service)
        model = inputs.model(service.model or "")
        inside = f"/models/{model.name}"
        weights, _ = weights_of(file.path for file in model.files)
        projector = _projector(service, model)
        entrypoint, command = self.called(known)
        own = ["-m", f"{inside}/{weights}", "--host", service.host, "--port", str(service.tcp_port)]
        if projector:
            own += ["--mmproj", f"{inside}/{projector}"]
        own += ["--alias", self.model_id(inputs.models, service)]
        return Container(
            image=image,
            mounts=(Mount(model.folder, inside), *more_mounts(inputs, service, (model,))),
            entrypoint=entrypoint,
            command=(*command, *own, *arguments(self.tables.of(None), service.flags)),
            models=(model, *more_models(inputs, service, (model,))),
            secrets={KEY: service.api_key} if service.api_key else {},
        )

    def ready(self, inputs: RoleInput, service: LlamaCppService) -> Ready:
        """Return that it is healthy, lists its model and generates."""
        projector = _projector(service, inputs.model(service.model or ""))
        return Ready(
            kind=self.protocol,
            health="/health",
            models=(self.model_id(inputs.models, service),),
            vision=bool(projector or _PROJECTOR & service.flags.keys())
            and service.option("no-mmproj") is not True,
            key=self.key_name(service),
            asks=asks(service.flags, _EMBEDS, _SILENT),
        )

    def model_id(self, models: Mapping[str, ModelSpec], service: LlamaCppService) -> str:
        """Return `served_name`, else the model's name in the spec."""
        del models
        return service.served_name or service.model or ""

    def memory(self, subject: Subject, service: LlamaCppService) -> Need:
        """Return weights, cache and compute buffer; the program itself takes next to nothing."""
        flash = str(service.option("flash-attn", "fa")).lower()
        server = GgufServer(
            service=service.name,
            context=self.context(service) or _UNWRITTEN_CONTEXT,
            at_once=1,
            kind=str(service.option("cache-type-k", "ctk") or "f16"),
            flash=flash not in {"off", "false", "0"},
            overhead=self.overhead,
            option="flags: {{ctx-size: {}}}",
        )
        weights = subject.weights(service.model)
        weights = with_loaded(subject, weights, service.flags, _LOADED)
        return gguf_need(server, weights, subject.memory)

    def check_locked(self, service: LlamaCppService, model: LockedModel) -> Iterator[str]:
        """Yield a sentence if its model has not exactly one file that it could load."""
        found = candidates(file.path for file in model.files)
        if len(found) != 1:
            have = ", ".join(found) or "none"
            yield (
                f"the model {service.model} has not one GGUF file for {service.name} but "
                f"{len(found)} ({have}): choose one with `include` under the model"
            )


def _projector(service: LlamaCppService, model: Model) -> str:
    """Return the file of the model's own projector; empty if it has none or options choose."""
    _, projector = weights_of(file.path for file in model.files)
    return "" if service.flags.keys() & (_PROJECTOR | _NO_PROJECTOR) else projector


RUNTIME = LlamaCpp()
