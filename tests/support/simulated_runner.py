"""A CI runner whose `jetfleet` has simulated boards: it keeps a home folder between its jobs."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jetfleet.rollout.rollout import Rollout
from tests.support.pipelines import GITLAB, Clone, Step, github_steps, gitlab_job_of, gitlab_steps
from tests.support.pyinfra import ROOT
from tests.support.rollout_plans import DRIVE, plan_file
from tests.support.simulated_boards import RealClock, SimulatedBoards

SECRETS = {"secrets.NGC_API_KEY": ""}


@dataclass
class SimulatedRunner:
    """Jobs of both pipelines, after a plan that was approved.

    Parameters
    ----------
    host:
        ``github`` or ``gitlab``.

    """

    folder: Path
    host: str

    def __post_init__(self) -> None:
        """Make its home, its workspace with a spec, and a key."""
        for path in (self.home / "jetfleet-plans", self.workspace / ".venv/bin", self.temp):
            path.mkdir(parents=True)
        (self.workspace / "inventory").mkdir()
        for name in ("lab.yaml", "rollout.yaml"):
            (self.workspace / "inventory" / name).touch()
        (self.workspace / "bootstrap.sh").touch()
        program = self.workspace / ".venv/bin/jetfleet"
        words = shlex.join([sys.executable, "-c", DRIVE, str(self.folder), "0.01"])
        program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {words} "$@"\n')
        program.chmod(0o755)
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / "key"]
        subprocess.run(command, check=True)
        self.clone = Clone(self.workspace, path=[str(program.parent)])

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    @property
    def temp(self) -> Path:
        return self.folder / "temp"

    @property
    def store(self) -> Path:
        return self.home / "jetfleet-rollouts/7.sqlite"

    @property
    def reports(self) -> Path:
        """The folder in which a job leaves what is uploaded."""
        return self.temp if self.host == "github" else self.workspace

    def planned(self, rollout: Rollout, run: int = 1) -> None:
        """Leave the plan of the job `plan` of a run."""
        text = plan_file(rollout).json_text()
        (self.home / f"jetfleet-plans/{run}.json").write_text(text, encoding="utf-8")

    def fates(self, fates: Mapping[str, str]) -> None:
        """Let boards end so, by purpose and host."""
        (self.folder / "fates.json").write_text(json.dumps(fates), encoding="utf-8")

    def changes(self) -> list[str]:
        """The boards that were changed, each as often as it was."""
        boards = SimulatedBoards(self.folder / "boards.jsonl", RealClock(), seconds=0.0)
        return [row.host for row in boards.changes()]

    def job(self, name: str, **given: str) -> tuple[str, str]:
        """Run a job, `given` by a person; return its colour, and what it said."""
        for folder, pattern in ((self.temp, "*"), (self.workspace, "rollout.*")):
            for path in folder.glob(pattern):  # as runners clean up before a job
                path.unlink()
        done = self._github(name, given) if self.host == "github" else self._gitlab(name, given)
        said = done.stdout + done.stderr
        if self.host == "github":
            yellow = done.returncode == 0 and "::warning::" in said
        else:
            yellow = done.returncode in gitlab_job_of(GITLAB, name)["allow_failure"]["exit_codes"]
        return ("yellow" if yellow else "green" if done.returncode == 0 else "red"), said

    def _github(self, name: str, given: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        key = (self.folder / "key").read_text()
        inputs = {f"inputs.{one}": given.get(one, "") for one in ("word", "reason", "plan")}
        (step,) = github_steps(name, {**SECRETS, "secrets.FLEET_SSH_KEY": key, **inputs})[1:]
        environ = {"GITHUB_REPOSITORY_ID": "7", "GITHUB_RUN_ID": "1", "GITHUB_ACTOR": "ada"}
        return self._ran(step, environ)

    def _gitlab(self, name: str, given: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        script, after = gitlab_steps(name)
        environ = {
            "CI_PROJECT_ID": "7", "CI_PIPELINE_ID": "1", "GITLAB_USER_LOGIN": "ada",
            "FLEET_SSH_KEY": str(self.folder / "key"),
            **{name.upper(): value for name, value in given.items()},
        }  # fmt: skip
        done = self._ran(script, environ)
        self._ran(after, environ)
        return done

    def _ran(self, step: Step, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        runner = {"HOME": str(self.home), "RUNNER_TEMP": str(self.temp)}
        return self.clone.ran(step, **environ, **runner)
