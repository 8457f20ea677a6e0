"""Triton as a runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.cmdline import Call
from jetfleet.containers import Ready
from jetfleet.runtimes.base import Runtime
from jetfleet.runtimes.options import OptionGroup
from jetfleet.runtimes.triton.container import container
from jetfleet.runtimes.triton.memory import OVERHEAD, triton_need
from jetfleet.runtimes.triton.repository import check_repository
from jetfleet.runtimes.triton.spec import TritonService
from jetfleet.runtimes.vllm.limits import check_limits
from jetfleet.runtimes.vllm.runtime import RUNTIME as VLLM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jetfleet.catalog.images import KnownImage
    from jetfleet.containers import Program
    from jetfleet.memory.need import Need
    from jetfleet.role.role_input import RoleInput
    from jetfleet.runtimes.subject import HostInSpec, Subject
    from jetfleet.spec.model import ModelSpec
    from jetfleet.spec.position import KeyPath
    from jetfleet.spec.problem import Problem


class Triton(Runtime[TritonService]):
    """A model repository that is written from the spec, and loaded as the spec names it."""

    name = "triton"
    title = "Triton"
    service = TritonService
    protocol = "triton"
    executable = ("tritonserver",)
    call = Call("triton", words=("tritonserver",))
    abbreviates = True  # getopt_long does: https://man7.org/linux/man-pages/man3/getopt.3.html
    context_options = ()  # each model of its repository has its own
    overhead = OVERHEAD

    def program(self, inputs: RoleInput, service: TritonService) -> Program:
        """Return the container."""
        image, known = inputs.image_of(service)
        return container(inputs, service, image, self.called(known), self.tables.of(None))

    def ready(self, inputs: RoleInput, service: TritonService) -> Ready:
        """Return that it is healthy, and that all models of its repository are ready."""
        del inputs
        models = tuple(service.repository)
        return Ready(kind=self.protocol, health="/v2/health/ready", models=models)

    def model_id(self, models: Mapping[str, ModelSpec], service: TritonService) -> str:
        """Return the first name of its repository."""
        del models
        return next(iter(service.repository), "")

    def memory(self, subject: Subject, service: TritonService) -> Need:
        """Return what its models take together."""
        return triton_need(
            subject, service, self.engine(subject.image(service)), VLLM.loaded_options
        )

    def memory_path(self, service: TritonService) -> KeyPath:
        """Return its repository."""
        del service
        return ("repository",)

    def check(self, of: HostInSpec, service: TritonService) -> Iterator[Problem]:
        """Yield problems of the entries of its repository."""
        yield from check_repository(of, service)

    def check_on_board(self, subject: Subject, service: TritonService) -> Iterator[Problem]:
        """Yield problems of the numbers of each vLLM within."""
        for group in self.option_groups(service):
            if group.runtime is VLLM:
                yield from check_limits(subject, group, self.engine(subject.image(service)))

    def engine(self, image: KnownImage | None) -> str | None:
        """Return the version of the vLLM within: rules and options are about that."""
        return VLLM.engine(image)

    def option_groups(self, service: TritonService) -> Iterator[OptionGroup]:
        """Yield its own options, and those of each entry of its repository."""
        yield from super().option_groups(service)
        for name, entry in service.repository.items():
            path = ("services", service.name, "repository", name, "flags")
            runtime = VLLM if entry.backend == VLLM.name else None
            yield OptionGroup(path, runtime, entry.flags, entry.model, entry.backend)


RUNTIME = Triton()
