"""Any other container as a runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.cmdline import Call
from jetfleet.containers import Ready
from jetfleet.memory.need import Need
from jetfleet.runtimes.base import Runtime
from jetfleet.runtimes.container.checks import check_address, check_probe
from jetfleet.runtimes.container.container import container
from jetfleet.runtimes.container.spec import ContainerService, Probe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jetfleet.containers import Program
    from jetfleet.role.role_input import RoleInput
    from jetfleet.runtimes.subject import HostInSpec, Subject
    from jetfleet.spec.model import ModelSpec
    from jetfleet.spec.position import KeyPath
    from jetfleet.spec.problem import Problem


class AnyContainer(Runtime[ContainerService]):
    """Any image with a command: mounts, devices, ports, and an HTTP probe for when it is ready."""

    name = "container"
    title = "container"
    service = ContainerService
    protocol = "http"
    call = Call("container")  # any process may be it
    speaks_openai = True
    context_options = ()  # what it serves is not known
    any_image = True

    def program(self, inputs: RoleInput, service: ContainerService) -> Program:
        """Return the container."""
        image, _ = inputs.image_of(service)
        return container(inputs, service, image)

    def ready(self, inputs: RoleInput, service: ContainerService) -> Ready:
        """Return that its probe answers with its status."""
        del inputs
        probe = service.probe or Probe()
        port = probe.port or service.tcp_port
        return Ready(kind=self.protocol, health=probe.path, status=probe.status, port=port)

    def model_id(self, models: Mapping[str, ModelSpec], service: ContainerService) -> str:
        """Return nothing: what it serves is not known."""
        del models, service
        return ""

    def memory(self, subject: Subject, service: ContainerService) -> Need:
        """Return its models and itself, of which nothing is known."""
        size = sum(subject.weights(name).bytes or 0 for name in service.models)
        beside = self.overhead
        return Need(
            service.name, size or None, None, beside, total=size + beside, least=0, sure=False
        )

    def memory_path(self, service: ContainerService) -> KeyPath:
        """Return its models."""
        del service
        return ("models",)

    def check(self, of: HostInSpec, service: ContainerService) -> Iterator[Problem]:
        """Yield problems of its probe, and of the address of its ports."""
        yield from check_probe(of, service)
        yield from check_address(of, service)


RUNTIME = AnyContainer()
