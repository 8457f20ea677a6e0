"""Applies on twins while programs of some of them are stopped, as if they hung."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jetfleet.environment import RUN_FOLDER
from tests.support.lab import LLM, Lab, until
from tests.support.pyinfra import BIN, ROOT

SLOWEST = 60
"""Seconds that one board may take in an apply."""


@contextmanager
def stopped(lab: Lab, host: str, program: str) -> Iterator[None]:
    """Stop all processes of a program on a twin, by namespaces; let them go on at the end."""
    lab.sh(host, f"kill -STOP $(pidof {program})")
    try:
        yield
    finally:
        lab.sh(host, f"kill -CONT $(pidof {program})")


@dataclass(frozen=True)
class Apply:
    """`jetfleet apply` in the background, and what its run folder says."""

    process: subprocess.Popen[str]
    folder: Path
    begun: float

    @classmethod
    def start(cls, lab: Lab, folder: Path, hosts: Sequence[str] = ()) -> Apply:
        """Begin it, on all hosts by default."""
        only = [word for host in hosts for word in ("--limit", host)]
        words = [str(lab.spec), "-y", "--deploy", LLM, "--timeout", str(SLOWEST), *only]
        folder.mkdir(parents=True)
        environ = {**os.environ, RUN_FOLDER: str(folder / "run")}
        with (folder / "output").open("wb") as out:
            process = subprocess.Popen(
                [str(BIN / "jetfleet"), "apply", *words], cwd=ROOT, env=environ, text=True,
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            )  # fmt: skip
        return cls(process, folder, time.time())

    def events(self, host: str, kind: str) -> list[dict[str, Any]]:
        """The events of a host."""
        lines = [
            json.loads(line)
            for file in (self.folder / "run").rglob(f"{host}.jsonl")
            for line in file.read_text(encoding="utf-8").splitlines(keepends=True)
            if line.endswith("\n")
        ]
        return [one for one in lines if one["event"] == kind]

    def wait_begun(self, host: str) -> None:
        """Wait until its first change begins."""
        until(lambda: self.events(host, "started"), f"the first change of {host}", 90)

    def verified(self, host: str) -> float:
        """When its services had answered, in seconds since the begin; 0: they have not yet."""
        return float(
            max((one["at"] - self.begun for one in self.events(host, "verified")), default=0)
        )

    def result(self) -> dict[str, dict[str, Any]]:
        """How it ended, by host."""
        said = json.loads((self.folder / "run/result.json").read_text(encoding="utf-8"))
        return {one["host"]: one for one in said["hosts"]}
