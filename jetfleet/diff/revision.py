"""Read a spec with its lock, deploy and templates from a commit into a folder."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from jetfleet.errors import FleetError

WORKING_TREE = "the working tree"


@dataclass(frozen=True)
class Revisions:
    """The two sides: for each the full hash of its commit, and how the user wrote it.

    `new_commit` is empty for the working tree.
    """

    root: Path
    old: str
    old_commit: str
    new: str
    new_commit: str


def revisions(spec: Path, asked: str) -> Revisions:
    """Return what ``REV``, ``REV..REV`` or ``REV...REV`` means for the spec's repository.

    A single revision stands against the working tree; three dots begin where the second branched
    off the first, as a pull request shows it.

    Raises
    ------
    FleetError
        There is no repository, or it does not have a revision, which in a shallow clone is said.

    """
    folder = spec.absolute().parent
    root = Path(_git(folder if folder.is_dir() else Path.cwd(), "rev-parse", "--show-toplevel"))
    old, dots, new = asked.partition("...")
    if not dots:
        old, dots, new = asked.partition("..")
    old, new = old or "HEAD", (new or "HEAD") if dots else ""
    old_commit, new_commit = _commit(root, old), _commit(root, new) if new else ""
    if dots == "...":
        old_commit = _branched_off(root, old_commit, new_commit, asked)
    return Revisions(root, old, old_commit, new or WORKING_TREE, new_commit)


def take(root: Path, commit: str, paths: list[Path], folder: Path) -> None:
    """Write the files of a commit at these paths (files or folders) to `folder`.

    Only plain files: what is a link in git stays away. Attributes such as ``export-ignore`` and
    filters change nothing, for the blobs are read as they are.
    """
    relative = [path.as_posix() for path in paths]
    listed = _git(root, "ls-tree", "-r", "-z", "--full-tree", commit, "--", *relative)
    entries = [entry.partition("\t") for entry in listed.split("\0") if entry]
    blobs = [(head.split()[2], path) for head, _, path in entries if head.startswith("100")]
    batch = "".join(f"{name}\n" for name, _ in blobs)
    data = _run(root, ["cat-file", "--batch"], batch.encode())
    at = 0
    for name, path in blobs:
        head, _, _ = data[at:].partition(b"\n")
        if not head.startswith(name.encode()) or head.endswith(b"missing"):
            raise FleetError(
                f"{path} of {commit[:12]} is not in this clone: fetch the whole repository"
            )
        size = int(head.split()[2])
        begin = at + len(head) + 1
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data[begin : begin + size])
        at = begin + size + 1


def _commit(root: Path, revision: str) -> str:
    # `--` and `--end-of-options` keep a revision from being taken for an option or a path.
    words = ["rev-parse", "--verify", "-q", "--end-of-options", f"{revision}^{{commit}}"]
    found = _try(root, *words)
    if found.returncode:
        raise FleetError(f"{revision} is not a commit of {root}{_shallow(root, revision)}")
    return found.stdout.decode().strip()


def _branched_off(root: Path, old: str, new: str, asked: str) -> str:
    found = _try(root, "merge-base", old, new)
    if found.returncode:
        raise FleetError(f"{asked}: the two have no commit in common{_shallow(root, asked)}")
    return found.stdout.decode().strip()


def _shallow(root: Path, revision: str) -> str:
    """Return the remedy for an unknown revision in a shallow clone; empty in a full one."""
    said = _try(root, "rev-parse", "--is-shallow-repository").stdout.decode().strip()
    if said != "true":
        return ": look at `git log --all`, or fetch it"
    count = _git(root, "rev-list", "--count", "HEAD")
    return (
        f": this clone is shallow, it has the last {count} of HEAD's commits; fetch the rest with "
        "`git fetch --unshallow`, or check out with full history (GitHub: `fetch-depth: 0`, "
        f"GitLab: `GIT_DEPTH: 0`) before you name {revision}"
    )


def _git(folder: Path, *words: str) -> str:
    return os.fsdecode(_run(folder, list(words))).strip()


def _run(folder: Path, words: list[str], given: bytes = b"") -> bytes:
    done = _try(folder, *words, given=given)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip() or f"git {words[0]} failed"
        raise FleetError(f"{said}\n`jetfleet diff` compares revisions of the spec's git repository")
    return done.stdout


def _try(folder: Path, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    environ = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *words],
            input=given,
            capture_output=True,
            check=False,
            env=environ,
        )
    except FileNotFoundError as error:
        raise FleetError("git is not installed: install the package git") from error
