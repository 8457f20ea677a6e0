"""The program that starts a server: `docker run`, as a rule, with every word quoted for the shell.

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


@dataclass(frozen=True, kw_only=True)
class Program:
    """What a service runs, on the board itself unless it is a `Container`.

    Parameters
    ----------
    command:
        What runs, with its arguments.
    models:
        Those that must be whole before it starts.
    needs:
        Keys of more resources that must be there first.
    env:
        Variables that are no secret.
    secrets:
        Variables that its runtime adds to those of the spec.
    files:
        Text of files in ``/etc/jetfleet/<service>/`` by name.
    folders:
        Folders besides those of models whose filesystems must be mounted first.
    before:
        Commands that run on the board before it starts.
    most_days:
        Days after which it is started anew; None: it runs as long as it can.
    stop_seconds:
        How long it may take to end before it is killed.

    """

    command: tuple[str, ...] = ()
    models: tuple[Model, ...] = ()
    needs: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, SecretRef] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    folders: tuple[str, ...] = ()
    before: tuple[tuple[str, ...], ...] = ()
    most_days: int | None = None
    stop_seconds: int = 30

    @property
    def started_from(self) -> tuple[str, ...]:
        """What it runs besides its files: a change of it is a change of the service."""
        return ()

    @property
    def resources(self) -> tuple[str, ...]:
        """Keys of the resources that must be there before it can start."""
        return (*(model.key for model in self.models), *self.needs)

    def lines(self, service: str, *, env_file: bool) -> list[str]:
        """Return the command, each of its parts that a person reads as one a line."""
        del service, env_file
        return [
            "/usr/bin/env",
            *(words([f"{name}={value}"]) for name, value in self.env.items()),
            words(self.command),
        ]


@dataclass(frozen=True, kw_only=True)
class Container(Program):
    """A program in a container.

    Parameters
    ----------
    entrypoint:
        Program in place of the image's own entrypoint.
    options:
        More words of `docker run`, each with its value.
    devices:
        Paths on the board, with `*` and `?`; given are those that are there when it starts.
    ports:
        Ports of the board and of the container; empty: it has the board's own network.
    capabilities:
        What of the GPU's driver it sees.

    """

    image: Image
    mounts: tuple[Mount, ...] = ()
    entrypoint: str | None = None
    options: tuple[tuple[str, ...], ...] = ()
    devices: tuple[str, ...] = ()
    ipc: str | None = None
    ports: Mapping[int, int] = field(default_factory=dict)
    capabilities: str = "compute,utility"

    @property
    def started_from(self) -> tuple[str, ...]:
        """The image, by its digest where that is locked."""
        return (self.image.reference,)

    @property
    def resources(self) -> tuple[str, ...]:
        """Keys of the resources that must be there before it can start."""
        return (self.image.key, *super().resources)

    @property
    def optional(self) -> list[str]:
        """Its mounts of what a board may or may not have."""
        return [str(mount) for mount in self.mounts if mount.if_there]

    def lines(self, service: str, *, env_file: bool) -> list[str]:
        """Return the command, an option with its value a line."""
        return [
            f"/usr/bin/docker run --rm --name {words([service])}",
            f'--label {LABEL}="$JETFLEET_STARTED_WITH"',
            *(words(option) for option in self._options()),
            *([words(["--env-file", f"/etc/jetfleet/{service}/env"])] if env_file else []),
            *(['"$@"'] if self.optional or self.devices else []),
            words([self.image.reference]),
            *([words(self.command)] if self.command else []),
        ]

    def _options(self) -> list[tuple[str, ...]]:
        env = {
            "NVIDIA_VISIBLE_DEVICES": "all",
            "NVIDIA_DRIVER_CAPABILITIES": self.capabilities,
            **self.env,
        }
        published = [("-p", f"{board}:{inside}") for board, inside in sorted(self.ports.items())]
        return [
            ("--runtime", "nvidia"),
            *(published or [("--network", "host")]),
            *([("--ipc", self.ipc)] if self.ipc else []),
            *self.options,
            *(("-v", str(mount)) for mount in self.mounts if not mount.if_there),
            *(("-e", f"{name}={value}") for name, value in env.items()),
            *([("--entrypoint", self.entrypoint)] if self.entrypoint else []),
        ]


def called(known: KnownImage) -> tuple[str | None, tuple[str, ...]]:
    """Return what replaces an image's entrypoint, and the words that call its server."""
    first, *rest = known.executable
    return (first, tuple(rest)) if known.entrypoint else (None, known.executable)


def run_script(service: str, program: Program, *, env_file: bool) -> str:
    """Return the text of `RUN`.

    Parameters
    ----------
    service:
        Its name.
    env_file:
        Whether it has variables in a 0600 file of its own.

    """
    container = program if isinstance(program, Container) else None
    return render(
        "serving",
        RUN,
        name=service,
        env_file=env_file and container is None,
        optional_mounts=words(container.optional) if container else "",
        devices=" ".join(map(_pattern, container.devices)) if container else "",
        before=[words(command) for command in program.before],
        lines=program.lines(service, env_file=env_file),
    )


def _pattern(device: str) -> str:
    """Return a path whose `*` and `?` the shell expands; it has no other special character."""
    return device if "*" in device or "?" in device or "[" in device else words([device])
