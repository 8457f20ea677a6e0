"""The pipelines in docs/ci as their runners take them: steps of shell, in a clone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.support.pipeline_rules import gitlab_job
from tests.support.pyinfra import BIN, ROOT

GITHUB = ROOT / "docs/ci/github.yml"
GITLAB = ROOT / "docs/ci/gitlab-ci.yml"


@dataclass(frozen=True)
class Step:
    """One step: its name, its shell text, and the variables that it sets for itself."""

    name: str
    script: str
    env: Mapping[str, str] = field(default_factory=dict)


def github_steps(job: str, expressions: Mapping[str, str]) -> list[Step]:
    """Return the steps of a job that run shell, with its expressions filled in."""
    flow = YAML(typ="safe").load(GITHUB)
    found = flow["jobs"][job]
    common = {**flow["env"], **found.get("env", {})}
    return [
        Step(
            step["name"],
            step["run"],
            {
                name: _fill(str(value), expressions)
                for name, value in {**common, **step.get("env", {})}.items()
            },
        )
        for step in found["steps"]
        if "run" in step
    ]


def _fill(text: str, expressions: Mapping[str, str]) -> str:
    return re.sub(r"\$\{\{ *(.*?) *\}\}", lambda found: expressions[found[1]], text)


def gitlab_job_of(path: Path, job: str) -> dict[str, Any]:
    """Return a job of a pipeline, with the keys of those that it extends."""
    return gitlab_job(YAML(typ="safe").load(path), job)


def gitlab_steps(job: str) -> list[Step]:
    """Return the lines of a job, those of the jobs that it extends before them."""
    flow = YAML(typ="safe").load(GITLAB)
    found = gitlab_job(flow, job)
    env = {name: str(value) for name, value in flow["variables"].items()}
    # One shell for before_script and script, as GitLab has it; another for after_script.
    lines = "\n".join([*found.get("before_script", ()), *found["script"]])
    steps = [Step(f"{job}: script", lines, env)]
    if "after_script" in found:
        steps.append(Step(f"{job}: after_script", "\n".join(found["after_script"]), env))
    return steps


@dataclass
class Clone:
    """A fleet's repository, on a branch with a change, and a runner's surroundings."""

    folder: Path
    base: str = ""
    path: list[str] = field(default_factory=list)

    @classmethod
    def of_head(cls, folder: Path) -> Clone:
        """Clone what is checked out here, with what is not committed yet, and this Python."""
        clone = cls(folder / "clone")
        clone.git("clone", "--quiet", "--no-hardlinks", str(ROOT), str(clone.folder), cwd=folder)
        (clone.folder / ".venv").symlink_to(BIN.parent)
        # What is not committed yet is to be tried too.
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        files = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout
        there = [name for name in files.decode().split("\0") if name and (ROOT / name).exists()]
        copy = ["cp", "--parents", "--no-dereference", *there, str(clone.folder)]
        subprocess.run(copy, cwd=ROOT, check=True)
        clone._begin()
        return clone

    @classmethod
    def of_init(cls, folder: Path) -> Clone:
        """Lay out a new fleet's repository, with the pipelines that it has itself."""
        clone = cls(folder / "fleet")
        subprocess.run([BIN / "jetfleet", "init", clone.folder], check=True, capture_output=True)
        clone.git("init", "--quiet", "--initial-branch=main")
        # What its bootstrap.sh would have made from its requirements.txt.
        (clone.folder / ".venv").mkdir()
        (clone.folder / ".venv/bin").symlink_to(BIN)
        shutil.copy(clone.folder / "requirements.txt", clone.folder / ".venv/.made-from")
        clone._begin()
        return clone

    def _begin(self) -> None:
        (self.folder / ".git/info/exclude").write_text(".venv\n")
        self.git("config", "user.name", "CI")
        self.git("config", "user.email", "ci@example.org")
        self.commit("As it was laid out")
        if shutil.which("sudo") is None:
            # Tests of twins run as root, and a machine where all are root may have none.
            sudo = self.folder.parent / "sudo"
            sudo.write_text('#!/bin/sh\nexec "$@"\n')
            sudo.chmod(0o755)
            self.path.append(str(sudo.parent))
        self.base = self.git("rev-parse", "HEAD").strip()

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=cwd or self.folder, capture_output=True, text=True, check=True
        )
        return done.stdout

    def commit(self, why: str) -> None:
        """Commit all that is there."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", why)

    def edit(self, old: str, new: str) -> None:
        """Change the spec as a person on a branch does, and commit it."""
        path = self.folder / "inventory/lab.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        self.commit(f"Write {new}")

    def run(self, step: Step, **environ: str) -> str:
        """Run a step that must end well; return what it printed."""
        done = self.ran(step, **environ)
        assert done.returncode == 0, f"{step.name}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def ran(self, step: Step, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a step as a runner does, in `bash -e`; return how it ended."""
        begun = self.begin(step, **environ)
        out, err = begun.communicate()
        return subprocess.CompletedProcess(begun.args, begun.returncode, out, err)

    def begin(self, step: Step, **environ: str) -> subprocess.Popen[str]:
        """Begin a step, in a session of its own."""
        files = {name: str(self.folder.parent / name) for name in _FILES}
        for path in files.values():
            Path(path).touch()
        return subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.script],
            cwd=self.folder,
            env={
                **os.environ,
                **files,
                **step.env,
                **environ,
                "PATH": ":".join([*self.path, *self._added(), os.environ["PATH"]]),
                **({"PYTHONPATH": str(self.folder)} if (self.folder / "jetfleet").is_dir() else {}),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def _added(self) -> list[str]:
        path = self.folder.parent / "GITHUB_PATH"
        return path.read_text().split() if path.exists() else []

    def said(self, name: str) -> str:
        """What steps wrote to one of the runner's files, such as ``GITHUB_OUTPUT``."""
        return (self.folder.parent / name).read_text()


_FILES = ("GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
