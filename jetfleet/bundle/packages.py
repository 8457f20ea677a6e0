"""The Debian packages of a bundle, with all that they depend on, for each L4T release.

They come from a board of that release that reaches its apt sources: it knows its sources and their
keys, and apt itself finds what each package needs. Or the user puts them there.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from jetfleet.board.plain_file import open_plain
from jetfleet.bundle.hashed import sha256_of
from jetfleet.bundle.sources import from_file
from jetfleet.bundle.wanted import Wanted
from jetfleet.errors import FleetError
from jetfleet.steps.bundle import packages_purpose
from jetfleet.steps.program import run_shell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from jetfleet.bundle.board import OnlineBoard

FOLDER = "debs"
_OTHER = re.compile(r"[^A-Za-z0-9.+~_-]+")
_ROW = re.compile(r"([0-9a-f]{64}) (\d{1,12}) ([A-Za-z0-9][A-Za-z0-9.+~_%-]{1,250}\.deb)")


def from_folder(folder: Path, release: str) -> list[Wanted]:
    """Return the packages that a bundle has for a release; the user may have put them there."""
    found = []
    for path in sorted((folder / FOLDER / release).glob("*.deb")):
        name = f"{FOLDER}/{release}/{path.name}"
        with open_plain(str(folder), name) as file:
            digest = sha256_of(file)
        size, purpose = path.stat().st_size, packages_purpose(release)
        found.append(Wanted(name, size, digest, (purpose,), path.name, from_file(path)))
    return found


def lacking(wanted: Iterable[str], found: Iterable[Wanted]) -> list[str]:
    """Return the packages, ``NAME`` or ``NAME=VERSION``, of which no file is there."""
    files = [one.path.rpartition("/")[2] for one in found]
    return [one for one in wanted if not any(_is_of(name, one) for name in files)]


def _is_of(file: str, wanted: str) -> bool:
    name, _, version = wanted.partition("=")
    have, _, rest = file.partition("_")
    # A file's name has no epoch.
    version = _OTHER.sub(".", version.rpartition(":")[2].rstrip("*"))
    return have == name and version in rest


def from_board(board: OnlineBoard, wanted: Sequence[str], release: str) -> Iterator[Wanted]:
    """Yield the packages and what they depend on, as a board of this release downloads them.

    Nothing is installed or changed there; the files are in a folder of the user below /tmp, which
    is removed in the end.

    Raises
    ------
    FleetError
        The board does not answer, or its sources do not have a package.

    """
    names = [one.partition("=")[0] for one in wanted]
    rows = [row.split() for row in board.run(run_shell("apt_list.sh", *names)).splitlines()]
    folder = next((row[1] for row in rows if row[:1] == ["folder"]), "")
    chosen = _chosen(wanted, rows, board.name)
    listed = board.run(run_shell("apt_download.sh", folder, *chosen))
    for row in filter(None, map(_ROW.fullmatch, listed.splitlines())):
        path = f"{FOLDER}/{release}/{_OTHER.sub('.', row[3])}"
        source = board.file(f"{folder}/debs/{row[3]}")
        title, purpose = f"package {row[3]}", packages_purpose(release)
        yield Wanted(path, int(row[2]), row[1], (purpose,), title, source)


def _chosen(wanted: Sequence[str], rows: Iterable[Sequence[str]], board: str) -> list[str]:
    """Return ``NAME=VERSION`` of all that is downloaded.

    What a package depends on, and no source has, came with the release: each board has it.
    """
    versions: dict[str, list[str]] = {}
    candidates: dict[str, str] = {}
    for row in rows:
        if len(row) == 3 and row[0] == "has":  # noqa: PLR2004 - the three fields
            versions.setdefault(row[1], []).append(row[2])
        elif len(row) == 3 and row[0] == "candidate":  # noqa: PLR2004 - as above
            candidates[row[1]] = row[2]
    asked = dict(one.partition("=")[::2] for one in wanted)
    found = {name: _version(name, asked, candidates, had) for name, had in versions.items()}
    missing = [one for one in wanted if not found.get(one.partition("=")[0])]
    if missing:
        raise FleetError(
            f"the apt sources of {board} do not have {', '.join(missing)}: check the names, and "
            "`apt-cache policy` there"
        )
    return [f"{name}={version}" for name, version in sorted(found.items()) if version]


def _version(
    name: str, asked: Mapping[str, str], candidates: Mapping[str, str], had: Sequence[str]
) -> str:
    if asked.get(name):
        return next((one for one in had if fnmatchcase(one, asked[name])), "")
    candidate = candidates.get(name, "")
    return candidate if candidate in had else had[0] if name in asked else ""


CLEAN = "rm -rf /tmp/jetfleet-bundle.????????\n"
"""Removes what `from_board` left in /tmp, also in runs that were killed."""
