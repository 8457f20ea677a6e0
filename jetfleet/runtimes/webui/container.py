"""The container of Live VLM WebUI.

It always gets an address to ask: without one it looks for servers at its start, and falls back to
one in the cloud (live_vlm_webui/server.py, 0.4.0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet import board
from jetfleet.containers import Container, Mount, local_address
from jetfleet.runtimes.mounted import more_mounts
from jetfleet.runtimes.registry import runtime_of

if TYPE_CHECKING:
    from jetfleet.resources import Image
    from jetfleet.role.role_input import RoleInput
    from jetfleet.runtimes.webui.spec import WebuiService
    from jetfleet.spec.secret import SecretRef
    from jetfleet.spec.service import Service

PROGRAM = "/etc/jetfleet/NAME/webui"
"""Starts the WebUI in the container with what its own command line has no option for."""

CERTIFICATE = "/usr/local/lib/jetfleet/certificate"
"""Makes the certificate on the board, and renews it before it expires."""

_INSIDE = "/usr/local/lib/jetfleet/webui"
_KEY = "JETFLEET_UPSTREAM_KEY"
_JTOP = "/run/jtop.sock"


def container(
    inputs: RoleInput,
    service: WebuiService,
    image: Image,
    called: tuple[str | None, tuple[str, ...]],
) -> Container:
    """Return the container; `called` replaces its entrypoint and calls Python."""
    upstream = upstream_of(inputs, service)
    key = _key(upstream)
    entrypoint, command = called
    tls = f"/var/lib/jetfleet/tls/{service.name}"
    return Container(
        image=image,
        mounts=(
            Mount(PROGRAM.replace("NAME", service.name), _INSIDE),
            Mount(tls, tls),
            # A container cannot learn of a jtop that starts later: a restart finds it.
            Mount(_JTOP, _JTOP, if_there=True),
            *more_mounts(inputs, service),
        ),
        entrypoint=entrypoint,
        command=(*command, _INSIDE, *_options(inputs, service, upstream, tls)),
        env={"JETFLEET_MAX_TOKENS": str(service.max_tokens)} if service.max_tokens else {},
        files={"webui": board.program("webui.py", runtime="webui")},
        before=((CERTIFICATE, tls, *names(inputs)),),
        # The certificate is checked at a start, and lasts far longer than this.
        most_days=30,
        secrets={_KEY: key} if key else {},
    )


def upstream_of(inputs: RoleInput, service: WebuiService) -> Service | None:
    """Return the service on this host that the WebUI asks; None if it asks another host."""
    by_name = {other.name: other for other in inputs.host.services}
    return by_name.get(service.upstream or "")


def names(inputs: RoleInput) -> list[str]:
    """Return the names by which browsers reach the board, for the certificate."""
    host = inputs.host
    return list(
        dict.fromkeys([host.address, host.name, f"{host.name}.local", "localhost", "127.0.0.1"])
    )


def _options(
    inputs: RoleInput, service: WebuiService, upstream: Service | None, tls: str
) -> list[str]:
    base, model = service.api_base or "", service.served_name or ""
    if upstream is not None:
        base = f"http://{local_address(upstream.host)}:{upstream.tcp_port}/v1"
        model = model or runtime_of(upstream).model_id(inputs.models, upstream)
    every = service.process_every
    return [
        *("--host", service.host, "--port", str(service.tcp_port)),
        *("--ssl-cert", f"{tls}/cert.pem", "--ssl-key", f"{tls}/key.pem"),
        *("--api-base", base, "--model", model),
        *(("--prompt", service.prompt) if service.prompt else ()),
        *(("--process-every", str(every)) if every else ()),
    ]


def _key(upstream: Service | None) -> SecretRef | None:
    return None if upstream is None else upstream.key(runtime_of(upstream).key_variable)
