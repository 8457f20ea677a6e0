"""The git clone that a spec is in, and folders with the files of one of its commits."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHOWN = 5
"""How many edited files an error names."""


@dataclass(frozen=True)
class Clone:
    """A clone; `root` is its top folder."""

    root: Path

    @classmethod
    def of(cls, path: Path) -> Clone | None:
        """Return the clone that a file is in; None if it is not in one."""
        found = _git(path.absolute().parent, "rev-parse", "--show-toplevel")
        text = os.fsdecode(found.stdout).rstrip("\n")
        return cls(Path(text)) if found.returncode == 0 and text else None

    def head(self) -> str:
        """Return the commit that is checked out; empty before the first one."""
        found = _git(self.root, "rev-parse", "--verify", "-q", "HEAD")
        return found.stdout.decode().strip() if found.returncode == 0 else ""

    def edited(self) -> list[str]:
        """Return the files that differ from the commit, of those that git knows."""
        found = _git(self.root, "status", "--porcelain", "-z", "--untracked-files=no")
        if found.returncode:
            raise FleetError(f"git cannot tell which files of {self.root} were edited")
        return [os.fsdecode(entry[3:]) for entry in found.stdout.split(b"\0") if entry[2:3] == b" "]

    def check_clean(self) -> None:
        """Raise `FleetError` if a file was edited since the commit: a rollout is of a commit."""
        edited = self.edited()
        if edited:
            more = f" and {len(edited) - _SHOWN} more" if edited[_SHOWN:] else ""
            raise FleetError(
                f"{', '.join(edited[:_SHOWN])}{more}: edited since the last commit, and a rollout "
                "brings a commit to the boards: commit first"
            )

    def has(self, commit: str) -> bool:
        """Tell whether a commit is in the clone."""
        words = ("rev-parse", "--verify", "-q", "--end-of-options", f"{commit}^{{commit}}")
        return bool(commit) and _git(self.root, *words).returncode == 0

    def below(self, path: Path) -> str:
        """Return a path below the root as git has it; a path outside of the clone whole."""
        whole = path.resolve()
        root = self.root.resolve()
        return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else str(whole)

    @contextmanager
    def files_of(self, commit: str, folder: Path) -> Iterator[Path]:
        """Yield `folder` with the files of a commit, as a work tree of the clone; remove it.

        What a process leaves that dies before that, `forget` removes.
        """
        # No hook of the clone runs: it would not expect this folder.
        words = ("-c", "core.hooksPath=/dev/null", "worktree", "add", "-f", "--detach")
        added = _git(self.root, *words, str(folder), commit)
        try:
            if added.returncode:
                said = added.stderr.decode(errors="replace").strip()
                raise FleetError(f"the files of {commit[:12]} cannot be checked out: {said}")
            yield folder
        finally:
            self.forget(folder)

    def forget(self, folder: Path) -> None:
        """Remove a folder of `files_of`, whatever is left of it."""
        _git(self.root, "worktree", "remove", "--force", "--force", str(folder))
        shutil.rmtree(folder, ignore_errors=True)
        _git(self.root, "worktree", "prune")


def _git(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    environ = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    command = ["git", "-C", str(folder), *words]
    try:
        return subprocess.run(command, capture_output=True, check=False, env=environ)
    except FileNotFoundError as error:
        raise FleetError("git is not installed: install the package git") from error
