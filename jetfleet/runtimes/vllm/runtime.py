"""vLLM as a runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.cmdline import Call
from jetfleet.containers import Ready, local_address
from jetfleet.runtimes.asked import Values, asks
from jetfleet.runtimes.base import FOLDERS, Runtime
from jetfleet.runtimes.loaded import with_loaded
from jetfleet.runtimes.pictures import PictureOptions, takes_pictures
from jetfleet.runtimes.vllm.benchmark import CACHE, CLIENTS, VllmBenchmark
from jetfleet.runtimes.vllm.container import container, inside
from jetfleet.runtimes.vllm.gguf import check_gguf
from jetfleet.runtimes.vllm.limits import check_limits
from jetfleet.runtimes.vllm.memory import OVERHEAD, SHARE, vllm_need
from jetfleet.runtimes.vllm.spec import KEY, VllmService
from jetfleet.spec.frozen import FrozenDict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jetfleet.containers import Program
    from jetfleet.lock.model import LockedModel
    from jetfleet.memory.need import Need
    from jetfleet.role.role_input import RoleInput
    from jetfleet.runtimes.subject import Subject
    from jetfleet.spec.model import ModelSpec
    from jetfleet.spec.problem import Problem


LOADED = frozenset(
    {
        "default-mm-loras", "lora-modules", "prompt-adapters", "qlora-adapter-name-or-path",
        "spec-model", "speculative-config", "speculative-model",
    }
)  # fmt: skip
"""Options for draft models and adapters, in all versions."""

# https://docs.vllm.ai/en/latest/models/pooling_models/
_EMBEDS: Values = {
    "task": ("embed", "embedding"), "convert": ("embed",), "runner": ("pooling",),
}  # fmt: skip
_SILENT: Values = {
    "task": ("classify", "score", "reward", "transcription"), "convert": ("classify", "reward"),
}  # fmt: skip
_PICTURES = PictureOptions(
    limit="limit-mm-per-prompt",
    off=frozenset({"language-model-only"}),
    more=frozenset({"media-io-kwargs", "mm-processor-kwargs"}),
)


class Vllm(Runtime[VllmService]):
    """`vllm serve` on a locked model."""

    name = "vllm"
    title = "vLLM"
    service = VllmService
    protocol = "openai"
    speaks_openai = True
    sources = FOLDERS
    executable = ("vllm",)
    call = Call(
        "vllm",
        words=("vllm", "serve"),
        modules=("vllm.entrypoints.openai.api_server",),
        short={
            "-tp": "--tensor-parallel-size",
            "-pp": "--pipeline-parallel-size",
            "-dp": "--data-parallel-size",
            "-q": "--quantization",
        },
    )
    loaded_options = LOADED
    model_options = LOADED | {"generation-config", "hf-config-path", "tokenizer"}
    key_variable = KEY
    abbreviates = (
        True  # argparse does: https://docs.python.org/3/library/argparse.html#prefix-matching
    )
    context_options = ("max-model-len",)
    share_option = SHARE
    dotted_since = "0.10"
    overhead = OVERHEAD

    def program(self, inputs: RoleInput, service: VllmService) -> Program:
        """Return the container."""
        image, known = inputs.image_of(service)
        return container(inputs, service, image, known, self.called(known))

    def ready(self, inputs: RoleInput, service: VllmService) -> Ready:
        """Return that it is healthy, lists its model and generates."""
        return Ready(
            kind=self.protocol,
            health="/health",
            models=(self.model_id(inputs.models, service),),
            vision=takes_pictures(inputs, service.model or "", service.flags, _PICTURES),
            key=self.key_name(service),
            asks=asks(service.flags, _EMBEDS, _SILENT),
        )

    def model_id(self, models: Mapping[str, ModelSpec], service: VllmService) -> str:
        """Return `served_name`, else the folder of the model in the container."""
        del models
        return service.served_name or inside(service)

    def benchmark(self, inputs: RoleInput, service: VllmService) -> VllmBenchmark:
        """Return `vllm bench serve` against the service."""
        _, known = inputs.image_of(service)
        length = service.option("max-model-len")
        return VllmBenchmark(
            service=service.name,
            executable=known.executable or self.executable,
            url=f"http://{local_address(service.host)}:{service.tcp_port}",
            model=self.model_id(inputs.models, service),
            tokenizer=str(service.option("tokenizer") or inside(service)),
            folder=inputs.model(service.model or "").folder,
            context=length if isinstance(length, int) else None,
            key=KEY,
            cache=CACHE,
            clients=CLIENTS,
            body=FrozenDict(ignore_eos=True),
            trust_remote_code=service.option("trust-remote-code") is True,
        )

    def memory(self, subject: Subject, service: VllmService) -> Need:
        """Return its share of the board's memory."""
        engine = self.engine(subject.image(service))
        weights = subject.weights(service.model)
        weights = with_loaded(subject, weights, service.flags, LOADED)
        return vllm_need(service.name, service.flags, subject.memory, weights, engine)

    def check_on_board(self, subject: Subject, service: VllmService) -> Iterator[Problem]:
        """Yield problems of numbers that the parser takes and the engine refuses."""
        yield from check_gguf(subject, service)
        for group in self.option_groups(service):
            yield from check_limits(subject, group, self.engine(subject.image(service)))

    def check_locked(self, service: VllmService, model: LockedModel) -> Iterator[str]:
        """Yield a sentence if a model in GGUF is not one file, which is all that vLLM reads."""
        paths = [file.path for file in model.files if file.path.endswith(".gguf")]
        safe = any(file.path.endswith(".safetensors") for file in model.files)
        weights = [path for path in paths if not path.rpartition("/")[2].startswith("mmproj")]
        if len(weights) > 1 and not safe:
            yield (
                f"vLLM reads one GGUF file, and the model {service.model} has {len(weights)} "
                f"({', '.join(weights)[:200]}): choose one with `include` under the model, or "
                f"serve it with runtime: llama.cpp"
            )


RUNTIME = Vllm()
