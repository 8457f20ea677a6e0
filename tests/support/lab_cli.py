"""The `jetfleet` command on a lab, as a person or a job calls it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jetfleet.apply.result import HostResult, Result
from jetfleet.environment import RUN_FOLDER
from jetfleet.plan.model import HostPlan, Plan
from tests.support.lab import Lab
from tests.support.pyinfra import BIN, ROOT


@dataclass(frozen=True)
class Answer:
    """How a call ended, what it printed, and its run folder."""

    status: int
    out: str
    err: str
    run: Path

    @property
    def plan(self) -> dict[str, HostPlan]:
        """The plan that it made, by host."""
        made = Plan.model_validate_json((self.run / "plan.json").read_text(encoding="utf-8"))
        return {host.host: host for host in made.hosts}

    @property
    def result(self) -> dict[str, HostResult]:
        """What it did, by host."""
        text = (self.run / "result.json").read_text(encoding="utf-8")
        return {host.host: host for host in Result.model_validate_json(text).hosts}


@dataclass
class Jetfleet:
    """Calls on one lab; each has a run folder of its own."""

    lab: Lab
    scratch: Path
    calls: int = 0

    def __call__(self, command: str, *arguments: str, status: int | None = None) -> Answer:
        """Run a command on the lab's spec (or on a plan, if the first argument is one)."""
        run = self.fresh()
        done = subprocess.run(
            self.line(command, *arguments), **self.options(run), capture_output=True, timeout=300,
            check=False,
        )  # fmt: skip
        answer = Answer(done.returncode, done.stdout, done.stderr, run)
        assert status in {None, answer.status}, f"{answer.out}\n{answer.err}\n{_logs(run)}"
        return answer

    def start(self, command: str, *arguments: str, **options: Any) -> tuple[Any, Path]:
        """Start a command in the background; return its process and its run folder."""
        run = self.fresh()
        piped = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **options}
        return subprocess.Popen(self.line(command, *arguments), **self.options(run), **piped), run

    def line(self, command: str, *arguments: str) -> list[str]:
        """The command line."""
        of_plan = any(word.endswith(".json") for word in arguments[:1])
        target = [] if of_plan else [str(self.lab.spec)]
        return [str(BIN / "jetfleet"), command, *target, *arguments]

    def options(self, run: Path) -> dict[str, Any]:
        """How each is started."""
        environ = {**os.environ, RUN_FOLDER: str(run)}
        return {"cwd": ROOT, "env": environ, "text": True, "stdin": subprocess.DEVNULL}

    def fresh(self) -> Path:
        """A run folder that no call had."""
        self.calls += 1
        return self.scratch / f"run-{self.calls}"


def named(host: HostPlan) -> set[tuple[str, str]]:
    """Resource and attribute of all that a plan changes on a host."""
    return {(one.resource, change.attribute) for one in host.resources for change in one.changes}


def done(host: HostResult) -> set[tuple[str, str]]:
    """Resource and attribute of all that an apply changed on a host."""
    return {(one.resource, attribute) for one in host.done for attribute in one.attributes}


def followed(host: HostResult) -> set[tuple[str, str]]:
    """Resource and attribute of all that came of that."""
    return {(one.resource, attribute) for one in host.done for attribute in one.follows}


def _logs(run: Path) -> str:
    return "\n".join(
        json.dumps(str(log)) + "\n" + log.read_text(encoding="utf-8")[-3000:]
        for log in sorted(run.glob("*.log"))
    )
