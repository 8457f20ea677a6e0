"""Live VLM WebUI as a runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet import board
from jetfleet.cmdline import Call
from jetfleet.containers import Ready
from jetfleet.memory.need import Need
from jetfleet.resources import File
from jetfleet.runtimes.base import Runtime
from jetfleet.runtimes.webui.container import CERTIFICATE, container
from jetfleet.runtimes.webui.pace import check_pace
from jetfleet.runtimes.webui.spec import WebuiService
from jetfleet.runtimes.webui.upstream import check_upstream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jetfleet.containers import Program
    from jetfleet.resources import Resources
    from jetfleet.role.role_input import RoleInput
    from jetfleet.runtimes.subject import HostInSpec, Subject
    from jetfleet.spec.model import ModelSpec
    from jetfleet.spec.problem import Problem


class Webui(Runtime[WebuiService]):
    """A page that shows a camera's pictures to a vision model, and what that answers."""

    name = "live-vlm-webui"
    title = "Live VLM WebUI"
    service = WebuiService
    protocol = "http"
    executable = ("python",)
    call = Call("live-vlm-webui", words=("live-vlm-webui",), modules=("live_vlm_webui.server",))
    context_options = ()  # it serves no model
    # An estimate: a Python process with OpenCV and WebRTC.
    overhead = 300 * 2**20

    def program(self, inputs: RoleInput, service: WebuiService) -> Program:
        """Return the container."""
        image, known = inputs.image_of(service)
        return container(inputs, service, image, self.called(known))

    def ready(self, inputs: RoleInput, service: WebuiService) -> Ready:
        """Return that its page answers over HTTPS."""
        del inputs, service
        return Ready(kind=self.protocol, health="/", tls=True)

    def more(self, inputs: RoleInput, service: WebuiService) -> Resources:
        """Return the program that makes its certificate."""
        del inputs, service
        return [File(CERTIFICATE, board.program("certificate.sh", runtime="webui"), mode="755")]

    def model_id(self, models: Mapping[str, ModelSpec], service: WebuiService) -> str:
        """Return the id that it asks for, if the spec names one."""
        del models
        return service.served_name or ""

    def memory(self, subject: Subject, service: WebuiService) -> Need:
        """Return what its program takes."""
        del subject
        size = self.overhead
        return Need(service.name, None, None, size, total=size, least=0, sure=False)

    def check(self, of: HostInSpec, service: WebuiService) -> Iterator[Problem]:
        """Yield problems of the server that it asks, and how often."""
        yield from check_upstream(of, service)
        yield from check_pace(of, service)


RUNTIME = Webui()
