"""The systemd unit of a service, its files, and the hash of what it starts with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.resources import File, Resources, Service
from jetfleet.roles.serving.run import RUN, Container, Program, run_script
from jetfleet.spec.secret import SecretRef
from jetfleet.template import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.role_input import RoleInput
    from jetfleet.spec import model as spec

UNIT = "/etc/systemd/system/jetfleet-NAME.service"


@dataclass(frozen=True)
class Ready:
    """What "ready" means, for the program that waits for it.

    Parameters
    ----------
    kind:
        "openai", "ollama", "triton" or "http": what is asked.
    health:
        Path that answers with `status` when the server is up.
    models:
        Ids that it must list, and of which it must generate.
    vision:
        Whether one request has an image.
    key:
        Variable of the env file that holds the key to show; empty without one.

    """

    kind: str
    health: str
    models: tuple[str, ...] = ()
    vision: bool = False
    tls: bool = False
    status: int = 200
    key: str = ""
    port: int = 0


def resources(
    inputs: RoleInput, service: spec.Service, program: Program, ready: Ready
) -> Resources:
    """Return the service with all its files; it is restarted when any of this changes."""
    files = _files(inputs, service, program, ready)
    started_with = _hash(service, program, files)
    unit = File(UNIT.replace("NAME", service.name), _unit(service, program, started_with))
    needs = (
        *(f.key for f in files),
        unit.key,
        *program.resources,
    )
    reads = tuple((f.path, f.sha256) for f in (*files, unit))
    served = Service(
        name=service.name,
        started_with=started_with,
        reads=reads,
        needs=needs,
        patience=float(service.ready_timeout),
        rollback=service.on_failure == "rollback",
        container=isinstance(program, Container),
    )
    return [*files, unit, served]


def local(host: str) -> str:
    """Return the address by which a board reaches its own service, as a URL has it."""
    address = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}.get(host, host)  # noqa: S104
    return f"[{address}]" if ":" in address else address


def _files(inputs: RoleInput, service: spec.Service, program: Program, ready: Ready) -> list[File]:
    env: dict[str, str | SecretRef] = {**service.env, **program.secrets}
    folder = f"/etc/jetfleet/{service.name}"
    files = [File(f"{folder}/{name}", text) for name, text in sorted(program.files.items())]
    files.append(File(f"{folder}/ready.json", _ready_json(service, ready)))
    script = run_script(service.name, program, env_file=bool(env))
    files.append(File(RUN.replace("NAME", service.name), script, mode="755"))
    if env:
        files.append(File(f"{folder}/env", _env(inputs, env), mode="600", secret=True))
    return files


def _hash(service: spec.Service, program: Program, files: Sequence[File]) -> str:
    parts = [
        _unit(service, program, ""),
        *program.started_from,
        *(model.digest for model in program.models),
        *(f.content for f in files if not f.secret),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _ready_json(service: spec.Service, ready: Ready) -> str:
    scheme = "https" if ready.tls else "http"
    about: dict[str, Any] = {
        "kind": ready.kind,
        "url": f"{scheme}://{local(service.host)}:{ready.port or service.tcp_port}",
        "host": service.host,
        "ports": list(service.tcp_ports),
        "health": ready.health,
        "status": ready.status,
        "models": list(ready.models),
        "vision": ready.vision,
        "tls": ready.tls,
        **({"key": ready.key} if ready.key else {}),
    }
    return json.dumps(about, ensure_ascii=False, sort_keys=True) + "\n"


def _unit(service: spec.Service, program: Program, started_with: str) -> str:
    folders = [model.folder for model in program.models]
    return render(
        "serving",
        UNIT,
        name=service.name,
        runtime=service.runtime,
        container=isinstance(program, Container),
        models=folders,
        folders=[*folders, *program.folders],
        stop_seconds=program.stop_seconds,
        most_days=program.most_days,
        started_with=started_with,
    )


def _env(inputs: RoleInput, env: Mapping[str, str | SecretRef]) -> str:
    """Return docker's env file: each line is taken as it stands, without any quoting."""
    return "".join(
        f"{name}={inputs.reveal(value) if isinstance(value, SecretRef) else value}\n"
        for name, value in sorted(env.items())
    )
