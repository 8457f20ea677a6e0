"""A program in a container: its image, mounts, devices and ports, as `docker run` takes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jetfleet.containers.program import OOM_SCORE, Program
from jetfleet.resources.service import LABEL
from jetfleet.steps.shell import words

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
        More words of `docker run`, each with its value.
    devices:
        Paths on the board, with `*` and `?`; those that exist at the start are passed.
    ports:
        Ports of the board and of the container; empty: it uses the board's network.
    capabilities:
        Parts of the GPU driver that it sees (NVIDIA_DRIVER_CAPABILITIES).

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
            # The unit's own is that of the docker command, which is not the parent of a container.
            ("--oom-score-adj", str(OOM_SCORE)),
            *(published or [("--network", "host")]),
            *([("--ipc", self.ipc)] if self.ipc else []),
            *self.options,
            *(("-v", str(mount)) for mount in self.mounts if not mount.if_there),
            *(("-e", f"{name}={value}") for name, value in env.items()),
            *([("--entrypoint", self.entrypoint)] if self.entrypoint else []),
        ]
