"""Run folders: where they are, and what they say about a whole run."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from platformdirs import user_state_path

from jetfleet.atomic_write import atomic_write
from jetfleet.environment import RUN_FOLDER
from jetfleet.errors import FleetError
from jetfleet.events.files import hosts_in
from jetfleet.process import Process
from jetfleet.text import read_object

SCHEMA = 2


@dataclass(frozen=True)
class About:
    """What a run was asked for, and how it ended.

    Parameters
    ----------
    command:
        ``plan``, ``apply`` or ``drift``.
    hosts:
        Names of the hosts that it was asked to go to.
    began, ended:
        Seconds since 1970; ``ended`` is None while it goes on, and for ever if it was killed.
    status:
        The exit code of the command.
    process:
        The command, on this workstation; None if an earlier version ran.

    """

    command: str
    spec: str
    deploy: str
    commit: str
    hosts: tuple[str, ...]
    began: float
    ended: float | None = None
    status: int | None = None
    process: Process | None = None

    @property
    def died(self) -> bool:
        """Whether the command was ended so that it could not write down how the run ended."""
        return self.ended is None and self.process is not None and bool(self.process.ended)


def read_about(text: bytes) -> About:
    """Return what a run.json says; ValueError, TypeError, LookupError or AttributeError if not."""
    known = read_object(text)
    known.pop("schema")
    process = known.get("process")
    known["process"] = Process(**process) if process else None
    return About(**{**known, "hosts": tuple(known["hosts"])})


@dataclass(frozen=True)
class Folder:
    """A run folder that this process writes."""

    path: Path
    about: About

    @classmethod
    def make(cls, about: About, named: Path | None = None) -> Folder:
        """Make the folder of that name, or that the environment names, or one of its own.

        Raises
        ------
        FleetError
            The folder has another run in it, or cannot be written.

        """
        given = named or os.environ.get(RUN_FOLDER)
        path = Path(given) if given else _fresh(about)
        if hosts_in(path):
            raise FleetError(
                f"{path} (from {RUN_FOLDER}) holds another run: name a folder that is empty or "
                "not there yet"
            )
        try:
            # It holds text of files of boards, which other users must not read.
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder = cls(path.absolute(), replace(about, process=Process.own()))
            _write(folder.path, folder.about)
        except OSError as error:
            raise FleetError(
                f"the run folder {path} cannot be written ({error.strerror}): name another by "
                f"{RUN_FOLDER}"
            ) from error
        return folder

    def of(self, hosts: tuple[str, ...], commit: str) -> Folder:
        """Write down hosts and commit, which are known now, and return the folder with them."""
        folder = replace(self, about=replace(self.about, hosts=hosts, commit=commit))
        _write(self.path, folder.about)
        return folder

    def discard(self) -> None:
        """Remove it with all files in it."""
        for path in self.path.iterdir():
            path.unlink()
        self.path.rmdir()

    def end(self, status: int) -> None:
        """Write down how the run ended."""
        ended = round(time.time(), 3)
        _write(self.path, replace(self.about, ended=ended, status=status))

    def log(self, phase: str) -> Path:
        """Path of pyinfra's own output in a phase."""
        return self.path / f"{phase}.log"

    @property
    def plan(self) -> Path:
        """Path of the run's plan."""
        return self.path / "plan.json"


def _write(path: Path, about: About) -> None:
    text = json.dumps({"schema": SCHEMA, **asdict(about)}, ensure_ascii=False, indent=2)
    atomic_write(path / "run.json", text + "\n")


def _fresh(about: About) -> Path:
    """Return a path that no other run has, and that sorts by time."""
    stamp = time.strftime("%Y-%m-%dT%H-%M-%S", time.localtime(about.began))
    runs = user_state_path("jetfleet") / "runs"
    name, number = f"{stamp}-{about.command}", 1
    while (runs / name).exists():
        number += 1
        name = f"{stamp}-{about.command}-{number}"
    return runs / name
