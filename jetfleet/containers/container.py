"""A program in a container: its image, mounts, devices and ports, as `docker run` takes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jetfleet.containers.program import OOM_SCORE, Program
from jetfleet.resources.service import LABEL
from jetfleet.steps.shell import words
from jetfleet.text import plain_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.resources import Image


@dataclass(frozen=True)
class Mount:
    """A path on the board that the container sees.

    Parameters
    ----------
    write:
        Whether the container may change it.
    if_there:
        Whether it is left out on a board that does not have it when the service starts.

    """

    board: str
    inside: str
    write: bool = False
    if_there: bool = False

    @classmethod
    def written(cls, board: str, inside: str, *, if_there: bool = False) -> Mount:
        """Return a mount as a spec writes it: "/data" is read-only, "/data:rw" is not."""
        path, _, mode = inside.partition(":")
        return cls(plain_path(board), path, write=mode == "rw", if_there=if_there)

    def __str__(self) -> str:
        return f"{self.board}:{self.inside}" + ("" if self.write else ":ro")


@dataclass(frozen=True, kw_only=True)
class Container(Program):
    """A program in a container.

    Parameters
    ----------
    entrypoint:
        Program in place of the image's own entrypoint.
    options:
        More words of `docker run`, each with its value, where the spec has no other value.
    devices:
        Paths on the board, with `*` and `?`; those that exist at the start are passed.
    ports:
        Ports of the board and of the container; empty: it uses the board's network.
    address:
        IP address of the board at which the ports are published; empty: at every address.
    capabilities:
        Parts of the GPU driver that it sees (NVIDIA_DRIVER_CAPABILITIES).
    docker:
        Options of `docker run` that the spec has, by their long names.

    """

    image: Image
    mounts: tuple[Mount, ...] = ()
    entrypoint: str | None = None
    options: tuple[tuple[str, ...], ...] = ()
    devices: tuple[str, ...] = ()
    ipc: str | None = None
    ports: Mapping[int, int] = field(default_factory=dict)
    address: str = ""
    capabilities: str = "compute,utility"
    docker: Mapping[str, Any] = field(default_factory=dict)

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
        at = f"[{self.address}]:" if ":" in self.address else f"{self.address}:"
        place = at if self.address else ""
        published = [("-p", f"{place}{one}:{inside}") for one, inside in sorted(self.ports.items())]
        return [
            ("--runtime", "nvidia"),
            # The unit's own is that of the docker command, which is not the parent of a container.
            ("--oom-score-adj", str(OOM_SCORE)),
            *(published or [("--network", "host")]),
            *([("--ipc", self.ipc)] if self.ipc and "ipc" not in self.docker else []),
            *self._given(),
            *(("-v", str(mount)) for mount in self.mounts if not mount.if_there),
            *(("-e", f"{name}={value}") for name, value in env.items()),
            *([("--entrypoint", self.entrypoint)] if self.entrypoint else []),
        ]

    def _given(self) -> list[tuple[str, ...]]:
        """Return its own options that the spec does not replace, and those of the spec."""
        written = [
            (f"--{name}",) if item is True else (f"--{name}", str(item))
            for name, value in self.docker.items()
            for item in (value if isinstance(value, list) else [value])
        ]
        replaced = set(map(_name_of, written))
        return [*(one for one in self.options if _name_of(one) not in replaced), *written]


def _name_of(option: tuple[str, ...]) -> tuple[str, ...]:
    """Return an option without its value; of limits there may be several, each with its name."""
    name, *values = option
    return (name, *(value.partition("=")[0] for value in values if name == "--ulimit"))
