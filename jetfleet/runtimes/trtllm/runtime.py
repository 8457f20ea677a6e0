"""TensorRT-LLM as a runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.cmdline import Call
from jetfleet.containers import Container, Mount, Ready
from jetfleet.containers.arguments import arguments
from jetfleet.runtimes.base import FOLDERS, Runtime
from jetfleet.runtimes.mounted import more_models, more_mounts
from jetfleet.runtimes.trtllm.memory import OVERHEAD, trtllm_need
from jetfleet.runtimes.trtllm.spec import TrtLlmService
from jetfleet.spec.frozen import FrozenDict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.containers import Program
    from jetfleet.memory.need import Need
    from jetfleet.role.role_input import RoleInput
    from jetfleet.runtimes.subject import Subject
    from jetfleet.spec.model import ModelSpec

# Both are what its guide advises: pinned memory of the workers is locked.
# https://nvidia.github.io/TensorRT-LLM/quick-start-guide.html
_LIMITS = (("--ulimit", "memlock=-1"), ("--ulimit", "stack=67108864"))


class TrtLlm(Runtime[TrtLlmService]):
    """`trtllm-serve` on a locked model, which clients know by the name of its folder."""

    name = "trtllm"
    title = "TensorRT-LLM"
    service = TrtLlmService
    protocol = "openai"
    speaks_openai = True
    sources = FOLDERS
    executable = ("trtllm-serve",)
    call = Call("trtllm", words=("trtllm-serve",))
    model_options = frozenset({"tokenizer"})
    context_options = ("max-seq-len",)
    overhead = OVERHEAD
    load_body = FrozenDict(ignore_eos=True)

    def program(self, inputs: RoleInput, service: TrtLlmService) -> Program:
        """Return the container.

        Host and port are always passed: the server's own default is localhost, where no other
        machine reaches it.
        """
        image, known = inputs.image_of(service)
        model = inputs.model(service.model or "")
        inside = f"/models/{model.name}"
        entrypoint, command = self.called(known)
        where = ("--host", service.host, "--port", str(service.tcp_port))
        options = arguments(self.tables.of(None), service.flags, underscores=True)
        return Container(
            image=image,
            mounts=(Mount(model.folder, inside), *more_mounts(inputs, service, (model,))),
            entrypoint=entrypoint,
            command=(*command, inside, *where, *options),
            options=_LIMITS,
            models=(model, *more_models(inputs, service, (model,))),
        )

    def ready(self, inputs: RoleInput, service: TrtLlmService) -> Ready:
        """Return that it is healthy, lists its model and generates."""
        models = (self.model_id(inputs.models, service),)
        return Ready(kind=self.protocol, health="/health", models=models)

    def model_id(self, models: Mapping[str, ModelSpec], service: TrtLlmService) -> str:
        """Return the name of the model's folder."""
        del models
        return service.model or ""

    def memory(self, subject: Subject, service: TrtLlmService) -> Need:
        """Return weights, and its share of what is then free."""
        return trtllm_need(service, subject.memory, subject.weights(service.model))


RUNTIME = TrtLlm()
