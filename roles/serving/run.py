"""The program that starts a container: `docker run` with every word quoted for the shell.

A unit's ExecStart has quoting, specifiers and variables of its own; a shell script has one set of
rules, which `shlex.quote` meets for any text. It also gives a container what only some boards have.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jetfleet.resources.service import LABEL
from jetfleet.resources.shell import words
from jetfleet.template import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.catalog.images import KnownImage
    from jetfleet.resources import Image, Model
    from jetfleet.spec import model as spec
    from jetfleet.spec.secret import SecretRef

RUN = "/etc/jetfleet/NAME/run"


@dataclass(frozen=True)
class Mount:
    """A path on the board that the container sees.

    Parameters
    ----------
    write:
        The container may change what is there.
    if_there:
        It is mounted only on a board that has it when the service starts.

    """

    board: str
    inside: str
    write: bool = False
    if_there: bool = False

    def __str__(self) -> str:
        return f"{self.board}:{self.inside}" + ("" if self.write else ":ro")


@dataclass(frozen=True)
class Container:
    """How a runtime wants its container.

    Parameters
    ----------
    command:
        What runs inside, with its arguments.
    models:
        Those that must be whole before it starts.
    needs:
        Keys of more resources that must be there first.
    secrets:
        Variables that its runtime adds to those of the spec.
    entrypoint:
        Program in place of the image's own entrypoint.
    options:
        More words of `docker run`, each with its value.
    devices:
        Paths on the board, with `*` and `?`; given are those that are there when it starts.
    env:
        Variables that are no secret.
    files:
        Text of files in ``/etc/jetfleet/<service>/`` by name.
    ports:
        Ports of the board and of the container; empty: it has the board's own network.
    folders:
        Folders besides those of models whose filesystems must be mounted first.
    before:
        Commands that run on the board before it starts.
    most_days:
        Days after which it is started anew; None: it runs as long as it can.
    stop_seconds:
        How long it may take to end before it is killed.
    capabilities:
        What of the GPU's driver it sees.

    """

    image: Image
    command: tuple[str, ...]
    models: tuple[Model, ...] = ()
    mounts: tuple[Mount, ...] = ()
    entrypoint: str | None = None
    options: tuple[tuple[str, ...], ...] = ()
    devices: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    ipc: str | None = None
    ports: Mapping[int, int] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    secrets: Mapping[str, SecretRef] = field(default_factory=dict)
    before: tuple[tuple[str, ...], ...] = ()
    most_days: int | None = None
    stop_seconds: int = 30
    capabilities: str = "compute,utility"


def called(known: KnownImage) -> tuple[str | None, tuple[str, ...]]:
    """Return what replaces an image's entrypoint, and the words that call its server."""
    first, *rest = known.executable
    return (first, tuple(rest)) if known.entrypoint else (None, known.executable)


def run_script(service: spec.Service, container: Container, *, env_file: bool) -> str:
    """Return the program; ``env_file``: whether the service has variables in its own 0600 file."""
    optional = [str(mount) for mount in container.mounts if mount.if_there]
    return render(
        "serving",
        RUN,
        name=service.name,
        optional_mounts=words(optional),
        devices=" ".join(_pattern(device) for device in container.devices),
        before=[words(command) for command in container.before],
        lines=_lines(
            service, container, env_file=env_file, more=bool(optional or container.devices)
        ),
    )


def _lines(service: spec.Service, container: Container, *, env_file: bool, more: bool) -> list[str]:
    """Return the command, an option with its value a line."""
    env = {
        "NVIDIA_VISIBLE_DEVICES": "all",
        "NVIDIA_DRIVER_CAPABILITIES": container.capabilities,
        **container.env,
    }
    options = [
        ("--runtime", "nvidia"),
        *([("-p", f"{board}:{inside}") for board, inside in sorted(container.ports.items())]
          or [("--network", "host")]),
        *([("--ipc", container.ipc)] if container.ipc else []),
        *container.options,
        *(("-v", str(mount)) for mount in container.mounts if not mount.if_there),
        *(("-e", f"{name}={value}") for name, value in env.items()),
        *([("--env-file", f"/etc/jetfleet/{service.name}/env")] if env_file else []),
        *([("--entrypoint", container.entrypoint)] if container.entrypoint else []),
    ]  # fmt: skip
    return [
        f"/usr/bin/docker run --rm --name {words([service.name])}",
        f'--label {LABEL}="$JETFLEET_STARTED_WITH"',
        *(words(option) for option in options),
        *(['"$@"'] if more else []),
        words([container.image.reference]),
        *([words(container.command)] if container.command else []),
    ]


def _pattern(device: str) -> str:
    """Return a path whose `*` and `?` the shell expands; it has no other special character."""
    return device if "*" in device or "?" in device or "[" in device else words([device])
