"""A service on a board: its unit, files, and the hash of what it starts with."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jetfleet import board
from jetfleet.containers.container import Container
from jetfleet.containers.program import OOM_SCORE
from jetfleet.containers.ready import Ready, ready_json
from jetfleet.containers.run import RUN, run_script
from jetfleet.resources import File, Resources, Service
from jetfleet.role.proxy import proxy_variables
from jetfleet.spec.secret import SecretRef
from jetfleet.template import render

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.containers.program import Program
    from jetfleet.role.role_input import RoleInput

UNIT = "/etc/systemd/system/jetfleet-NAME.service"

PROGRAMS = {
    "/usr/local/lib/jetfleet/ready": board.READY,
    "/usr/local/lib/jetfleet/port": ("port.py",),
    "/usr/local/lib/jetfleet/prestart": ("prestart.py",),
}
"""Programs that every unit runs, by path: readiness, ports, and what comes before a start."""


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """What a service is called, where it listens, and how long its start may take.

    Parameters
    ----------
    name:
        Of the service; its unit is ``jetfleet-<name>``, its container ``<name>``.
    port:
        TCP port that answers requests.
    host:
        Address that it listens on.
    ports:
        All ports of the board that it takes; empty: only `port`.
    about:
        What it is, for the unit's description, such as ``vllm``.
    env:
        Environment variables; secrets are references.
    proxy:
        Whether it gets the variables of the host's HTTP proxy too.
    ready_timeout:
        Seconds without progress after which the wait for readiness ends.
    rollback:
        Whether the settings with which it was last ready come back if the new ones fail.

    """

    name: str
    port: int
    host: str = "0.0.0.0"  # noqa: S104 - as servers in containers do
    ports: tuple[int, ...] = ()
    about: str = "container"
    env: Mapping[str, str | SecretRef] = field(default_factory=dict)
    proxy: bool = False
    ready_timeout: int = 600
    rollback: bool = True


def service_resources(
    inputs: RoleInput, settings: ServiceSettings, program: Program, ready: Ready
) -> Resources:
    """Return the service with all its files; a change of any of them restarts it."""
    files = _files(inputs, settings, program, ready)
    started_with = _hash(settings, program, files)
    unit = File(UNIT.replace("NAME", settings.name), _unit(settings, program, started_with))
    served = Service(
        name=settings.name,
        started_with=started_with,
        reads=tuple((f.path, "" if f.unreadable else f.sha256) for f in (*files, unit)),
        needs=(*(f.key for f in files), unit.key, *program.resources),
        patience=float(settings.ready_timeout),
        rollback=settings.rollback,
        container=isinstance(program, Container),
        ports=settings.ports or (settings.port,),
        memory=inputs.memory().get(settings.name, 0),
    )
    programs = [File(path, board.joined(names), mode="755") for path, names in PROGRAMS.items()]
    return [*programs, *files, unit, served]


def _files(
    inputs: RoleInput, settings: ServiceSettings, program: Program, ready: Ready
) -> list[File]:
    proxied = proxy_variables(inputs) if settings.proxy else {}
    env: dict[str, str | SecretRef] = {**proxied, **settings.env, **program.secrets}
    folder = f"/etc/jetfleet/{settings.name}"
    files = [File(f"{folder}/{name}", text) for name, text in sorted(program.files.items())]
    files.append(File(f"{folder}/ready.json", ready_json(settings, program, ready)))
    script = run_script(settings.name, program, env_file=bool(env))
    files.append(File(RUN.replace("NAME", settings.name), script, mode="755"))
    if env:
        files.append(File(f"{folder}/env", _env(inputs, env), mode="600", secret=True))
    return files


def _hash(settings: ServiceSettings, program: Program, files: Sequence[File]) -> str:
    parts = [
        _unit(settings, program, ""),
        *program.started_from,
        *(model.digest for model in program.models),
        *(f.content for f in files if not f.secret),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _unit(settings: ServiceSettings, program: Program, started_with: str) -> str:
    folders = [model.folder for model in program.models]
    return render(
        "containers",
        UNIT,
        name=settings.name,
        about=settings.about,
        oom_score=OOM_SCORE,
        container=isinstance(program, Container),
        folders=[*folders, *program.folders],
        stop_seconds=program.stop_seconds,
        most_days=program.most_days,
        started_with=started_with,
    )


def _env(inputs: RoleInput, env: Mapping[str, str | SecretRef]) -> str:
    """Return docker's env file: each line is taken as it is, without any quoting."""
    return "".join(
        f"{name}={inputs.reveal(value) if isinstance(value, SecretRef) else value}\n"
        for name, value in sorted(env.items())
    )
