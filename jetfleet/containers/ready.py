"""How a service shows that it is ready, as the program that waits for it reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.containers.container import Container

if TYPE_CHECKING:
    from jetfleet.containers.program import Program
    from jetfleet.containers.service import ServiceSettings


@dataclass(frozen=True)
class Ready:
    """What "ready" means for a service.

    Parameters
    ----------
    kind:
        Protocol that is spoken: "openai", "ollama", "triton" or "http".
    health:
        Path that answers with `status` when the server is up.
    models:
        Model ids that the server must list and generate with.
    vision:
        Whether one request holds an image.
    tls:
        Whether the server speaks HTTPS.
    status:
        HTTP status that means ready.
    key:
        Environment variable that holds the server's API key; empty without one.
    port:
        Port that is asked; 0: that of the service.
    asks:
        What a server of OpenAI's interface is asked: "chat", "embeddings" or "nothing".
    gpu:
        Which part of a model must be on the GPU: "required" (all), "partly" or "off" (none);
        empty: it is not asked.

    """

    kind: str
    health: str
    models: tuple[str, ...] = ()
    vision: bool = False
    tls: bool = False
    status: int = 200
    key: str = ""
    port: int = 0
    asks: str = "chat"
    gpu: str = ""


def local_address(host: str) -> str:
    """Return the address at which a board reaches its own service, as a URL writes it."""
    address = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}.get(host, host)  # noqa: S104 - replaced, never bound
    return f"[{address}]" if ":" in address else address


def ready_json(settings: ServiceSettings, program: Program, ready: Ready) -> str:
    """Return the text of the file that tells the programs on the board what to ask."""
    scheme = "https" if ready.tls else "http"
    about: dict[str, Any] = {
        "kind": ready.kind,
        "url": f"{scheme}://{local_address(settings.host)}:{ready.port or settings.port}",
        "host": settings.host,
        "ports": list(settings.ports or (settings.port,)),
        "health": ready.health,
        "status": ready.status,
        "models": list(ready.models),
        "vision": ready.vision,
        "tls": ready.tls,
        "container": isinstance(program, Container),
        "folders": [model.folder for model in program.models],
        **({"key": ready.key} if ready.key else {}),
        **({"asks": ready.asks} if ready.asks != "chat" else {}),
        **({"gpu": ready.gpu} if ready.gpu else {}),
    }
    return json.dumps(about, ensure_ascii=False, sort_keys=True) + "\n"
