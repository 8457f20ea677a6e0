"""What a service runs: a program on the board itself, or the base of one in a container."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.resources import Model
    from jetfleet.spec.secret import SecretRef


OOM_SCORE = 500
"""Added to the badness of a server, out of 1000: a model that takes too much is killed first.

https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html
"""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A program that runs on the board itself unless it is a `Container`.

    Parameters
    ----------
    command:
        Program and arguments.
    models:
        Models that must be complete before it starts.
    needs:
        Keys of other resources that must be there first.
    env:
        Environment variables that are not secret.
    secrets:
        Environment variables that hold secrets, besides those of the service's settings.
    files:
        Text of files in ``/etc/jetfleet/<service>/`` by name.
    folders:
        Folders besides those of models whose filesystems must be mounted first.
    before:
        Commands that run on the board before it starts.
    most_days:
        Days after which it is restarted; None: never.
    stop_seconds:
        Seconds that it has to end before it is killed.

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
        """What it runs besides its files; a change of it restarts the service."""
        return ()

    @property
    def resources(self) -> tuple[str, ...]:
        """Keys of the resources that must be there before it can start."""
        return (*(model.key for model in self.models), *self.needs)

    def lines(self, service: str, *, env_file: bool) -> list[str]:
        """Return the command for a shell, one part a line."""
        del service, env_file
        return [
            "/usr/bin/env",
            *(words([f"{name}={value}"]) for name, value in self.env.items()),
            words(self.command),
        ]
