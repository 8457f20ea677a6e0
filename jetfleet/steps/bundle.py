"""The bundle that serves a host without a network, and how its small files come to the board."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.board.disk import needed
from jetfleet.steps.error import StepFailed
from jetfleet.steps.program import run_program
from jetfleet.steps.shell import words
from jetfleet.steps.step import Run, Steps, Upload
from jetfleet.text import format_bytes, read_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_FOLDER = "/var/cache/jetfleet"
"""Where packages and wheels of the last bundle are kept on a board; only root writes there."""

_SECONDS = 1200
_PROGRAM = ("foreign_json.py", "plain_file.py", "printable.py", "bundle.py")


@dataclass(frozen=True)
class BundleFile:
    """A file of a bundle on the workstation, whose hash was checked there."""

    path: str
    size: int
    sha256: str
    local: Path

    @property
    def name(self) -> str:
        """Its last part."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Bundle:
    """The bundle of one host.

    Parameters
    ----------
    folder:
        Its path, on the workstation or on the board.
    on_board:
        Whether it is on the board.
    index:
        SHA-256 of its index, as the lock has it.
    release:
        The L4T of the host, by which its Debian packages are found.
    files:
        Returns the files for a purpose, such as ``wheels``, and checks each; it raises `FleetError`
        with the name of one that is missing or differs. Only for a bundle on the workstation.

    """

    folder: str
    on_board: bool
    index: str
    release: str
    files: Callable[[str], Sequence[BundleFile]]

    def kept(self, name: str) -> str:
        """Return the folder of a board that keeps some of its files; another bundle has another."""
        return f"{_FOLDER}/{self.index[:12]}/{name}"


WHEELS = "wheels"
"""The purpose of wheels of Python."""


def image_purpose(repository: str, digest: str) -> str:
    """Return the purpose of the blobs of an image."""
    return f"image {repository}@{digest}"


def packages_purpose(release: str) -> str:
    """Return the purpose of the Debian packages of an L4T release."""
    return f"packages {release}"


def bring(bundle: Bundle, purpose: str, folder: str, title: str) -> Steps:
    """Yield the steps that put the files for a purpose into a folder of the board, each checked.

    Raises
    ------
    StepFailed
        A file is missing in the bundle, or differs from its index; the text names it.

    """
    if bundle.on_board:
        yield Run(_take(bundle, purpose, folder), title, seconds=_SECONDS)
        return
    files = bundle.files(purpose)
    if not files:
        raise StepFailed(_nothing(bundle.folder, purpose))
    sums = "".join(f"{one.sha256}  {one.name}\n" for one in files)
    found = yield Run(_lacking(folder, sums), title, seconds=_SECONDS)
    free, *lacking = found.out.splitlines()
    missing = [one for one in files if one.name in lacking]
    size = sum(one.size for one in missing)
    if needed(size) > read_count(free):
        raise StepFailed(
            f"{title}: {format_bytes(size)} do not fit into {folder}, where "
            f"{format_bytes(read_count(free))} are free: make room"
        )
    for one in missing:
        yield Upload(str(one.local), f"{folder}/{one.name}", one.size, title)
    if missing:
        yield Run(_check(folder, sums), title, seconds=_SECONDS)


def check_on_board(bundle: Bundle, purpose: str, title: str) -> Run:
    """Return the step that fails unless a bundle on the board has all files for a purpose.

    Their sizes are checked, not their hashes.
    """
    return Run(_take(bundle, purpose, ""), title)


def _take(bundle: Bundle, purpose: str, to: str) -> str:
    job = {"bundle": bundle.folder, "index": bundle.index, "purpose": purpose, "to": to}
    return run_program(*_PROGRAM, job=job)


def _nothing(folder: str, purpose: str) -> str:
    return f"the bundle {folder} has nothing for {purpose}: make it again with `jetfleet bundle`"


def _lacking(folder: str, sums: str) -> str:
    """Return a script that prints the free bytes, and the files that are not there or differ."""
    where = words([folder])
    return f"""set -eu
umask 022
mkdir -p -- {where}
cd -- {where}
for other in ../../*; do [ "$other" -ef .. ] || rm -rf -- "$other"; done
df --output=avail -B1 . | tail -n 1
sha256sum -c --quiet 2>/dev/null <<'JETFLEET_END' | sed -n 's/: FAILED.*//p' || true
{sums}JETFLEET_END
"""


def _check(folder: str, sums: str) -> str:
    """Return a script that fails with the names of files that arrived damaged, and removes them."""
    return f"""set -u
cd -- {words([folder])} || exit 1
wrong=$(sha256sum -c --quiet 2>/dev/null <<'JETFLEET_END' | sed -n 's/: FAILED.*//p'
{sums}JETFLEET_END
)
[ -z "$wrong" ] && exit 0
echo "$wrong" | while IFS= read -r name; do rm -f -- "$name"; done
echo "these files arrived damaged, and are removed: run again:" $wrong >&2
exit 1
"""
