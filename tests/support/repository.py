"""A git repository of a fleet in a scratch folder: tests/data/fleet.yaml with its lock."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.support.cli import ROOT, call

_WHO = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "a"), ("EMAIL", "a@b.c"), ("DATE", "2026-01-01T00:00:00Z"))
}


def git(folder: Path, *words: str) -> str:
    """Run git in a folder, untouched by the configuration of who runs the tests."""
    environ = {
        **os.environ,
        **_WHO,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }
    done = subprocess.run(
        ["git", "-C", str(folder), *words], env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@dataclass(frozen=True)
class Repository:
    """A fleet's repository; its spec is ``inventory/lab.yaml``."""

    root: Path

    @classmethod
    def made(cls, root: Path) -> Repository:
        """Make one with a spec of three boards, its lock and the deploys, in one commit."""
        (root / "inventory").mkdir(parents=True)
        (root / "deploys").mkdir()
        for name, source in (
            ("inventory/lab.yaml", "tests/data/fleet.yaml"),
            ("inventory/lab.lock.yaml", "tests/data/lock.yaml"),
            ("deploys/llm.py", "deploys/llm.py"),
            ("deploys/base.py", "deploys/base.py"),
        ):
            (root / name).write_text((ROOT / source).read_text(encoding="utf-8"), encoding="utf-8")
        git(root, "init", "-q", "-b", "main")
        repository = cls(root)
        repository.commit("first")
        return repository

    @property
    def spec(self) -> Path:
        """The spec's path."""
        return self.root / "inventory/lab.yaml"

    def commit(self, message: str) -> str:
        """Commit all that is there; return the commit."""
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "--allow-empty", "-m", message)
        return git(self.root, "rev-parse", "HEAD")

    def edit(self, change: Callable[[Any], object], file: str = "inventory/lab.yaml") -> None:
        """Edit a YAML file as a person would."""
        yaml = YAML()
        path = self.root / file
        body = yaml.load(path.read_text(encoding="utf-8"))
        change(body)
        with path.open("w", encoding="utf-8") as out:
            yaml.dump(body, out)

    def diff(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `jetfleet diff` on the spec, in the repository."""
        return call("diff", *words, "inventory/lab.yaml", cwd=self.root)
