"""Live VLM WebUI: a page that shows a camera's pictures to a vision model and what it says.

It is always told whom to ask: left to itself it looks for servers once at its start, and falls
back to one in the cloud (live_vlm_webui/server.py, 0.4.0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.board import program
from jetfleet.containers import Container, Mount, Ready, local_address, service_resources
from jetfleet.roles.serving.ids import model_id
from jetfleet.roles.serving.settings import called, settings_of

if TYPE_CHECKING:
    from jetfleet.resources import Resources
    from jetfleet.role_input import RoleInput
    from jetfleet.spec.model import Service
    from jetfleet.spec.secret import SecretRef

PROGRAM = "/etc/jetfleet/NAME/webui"
"""Starts the WebUI in the container with what its own command line has no option for."""

INSIDE = "/usr/local/lib/jetfleet/webui"
"""Where the container sees it."""

CERTIFICATE = "/usr/local/lib/jetfleet/certificate"
"""Makes the certificate on the board, and anew before it ends."""

KEY = "JETFLEET_UPSTREAM_KEY"
JTOP = "/run/jtop.sock"


def desired(inputs: RoleInput, service: Service) -> Resources:
    """Return the unit, its files and the service itself."""
    image, known = inputs.image_of(service)
    upstream = upstream_of(inputs, service)
    key = _key(upstream)
    entrypoint, command = called(known)
    tls = f"/var/lib/jetfleet/tls/{service.name}"
    container = Container(
        image=image,
        mounts=(
            Mount(PROGRAM.replace("NAME", service.name), INSIDE),
            Mount(tls, tls),
            # A container has no way to learn of a jtop that starts later: it is found at a restart.
            Mount(JTOP, JTOP, if_there=True),
        ),
        entrypoint=entrypoint,
        command=(*command, INSIDE, *_options(inputs, service, upstream, tls)),
        env={"JETFLEET_MAX_TOKENS": str(service.max_tokens)} if service.max_tokens else {},
        files={"webui": program("webui.py")},
        before=((CERTIFICATE, tls, *names(inputs)),),
        # The certificate is looked at when it starts, and lasts far longer than this.
        most_days=30,
        secrets={KEY: key} if key else {},
    )
    return service_resources(
        inputs, settings_of(service), container, Ready(kind="http", health="/", tls=True)
    )


def upstream_of(inputs: RoleInput, service: Service) -> Service | None:
    """Return the service on this host that the WebUI asks; None if it asks another host."""
    by_name = {other.name: other for other in inputs.host.services}
    return by_name.get(service.upstream or "")


def names(inputs: RoleInput) -> list[str]:
    """Return what the board is called by those who open the page: for the certificate."""
    host = inputs.host
    return list(
        dict.fromkeys([host.address, host.name, f"{host.name}.local", "localhost", "127.0.0.1"])
    )


def _options(inputs: RoleInput, service: Service, upstream: Service | None, tls: str) -> list[str]:
    base, model = service.api_base or "", service.served_name or ""
    if upstream is not None:
        base = f"http://{local_address(upstream.host)}:{upstream.tcp_port}/v1"
        model = model or model_id(inputs, upstream)
    every = service.process_every
    return [
        *("--host", service.host, "--port", str(service.tcp_port)),
        *("--ssl-cert", f"{tls}/cert.pem", "--ssl-key", f"{tls}/key.pem"),
        *("--api-base", base, "--model", model),
        *(("--prompt", service.prompt) if service.prompt else ()),
        *(("--process-every", str(every)) if every else ()),
    ]


def _key(upstream: Service | None) -> SecretRef | None:
    if upstream is None:
        return None
    written = upstream.api_key or upstream.env.get("VLLM_API_KEY")
    return None if isinstance(written, str) else written
