"""Making a bundle: what a fleet needs, found, downloaded and listed."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.bundle.board import online_board
from jetfleet.bundle.download import PARTIAL, check_room, download, missing_of
from jetfleet.bundle.images import images
from jetfleet.bundle.index import NAME, Index
from jetfleet.bundle.models import models
from jetfleet.bundle.packages import CLEAN, FOLDER, from_board, from_folder, lacking
from jetfleet.bundle.wanted import merged
from jetfleet.bundle.wheels import wheels
from jetfleet.errors import FleetError
from jetfleet.text import format_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from jetfleet.bundle.wanted import Wanted
    from jetfleet.lock import Lock
    from jetfleet.spec.model import HostSpec, ModelSpec
    from jetfleet.spec.registry import Registry
    from jetfleet.workstation.workstation import Workstation


@dataclass(frozen=True)
class Needs:
    """What a bundle must have, beside what the lock pins.

    Parameters
    ----------
    lock:
        The images and models that the hosts need, and no others.
    models:
        Models of the spec by name.
    registries:
        What the spec has for the registry of each image.
    requirements:
        Lines of pip with hashes, of the virtual environments.
    packages:
        Debian packages, ``NAME`` or ``NAME=VERSION``, by L4T release.
    boards:
        A host for each release that reaches its apt sources.

    """

    lock: Lock
    models: Mapping[str, ModelSpec]
    registries: Mapping[str, Registry | None]
    requirements: Sequence[str]
    packages: Mapping[str, Sequence[str]]
    boards: Mapping[str, HostSpec]


def make(needs: Needs, folder: Path, workstation: Workstation, say: Callable[[str], None]) -> Index:
    """Complete a bundle in a folder, and return its index, which is written last.

    What the folder has already and is right is not downloaded again.

    Raises
    ------
    FleetError
        A source does not answer, or there is no room, or packages must be added by hand.

    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as open_until_done, tempfile.TemporaryDirectory() as scratch:
            by_board = list(_packages(needs, folder, workstation, open_until_done))
            wanted = merged(
                [
                    *images(needs.lock.images, needs.registries, workstation),
                    *models(needs.lock.models, needs.models, workstation),
                    *wheels(needs.requirements, folder, Path(scratch)),
                    *by_board,
                ]
            )
            size = format_bytes(sum(one.size for one in wanted))
            say(f"{len(wanted)} files, {size}; reading what {folder} has")
            missing = missing_of(wanted, folder)
            check_room(missing, folder)
            download(missing, folder, say)
            index = Index.of(one.entry for one in wanted)
            index.write(folder)
    except OSError as error:
        where = error.filename or folder
        raise FleetError(f"{where} cannot be written: {error.strerror or error}") from error
    return index


def _packages(
    needs: Needs, folder: Path, workstation: Workstation, running: ExitStack
) -> Iterator[Wanted]:
    """Yield the packages of each release; raise `FleetError` that names those which are missing."""
    by_hand = []
    for release, names in sorted(needs.packages.items()):
        if release in needs.boards:
            board = running.enter_context(online_board(needs.boards[release], workstation))
            running.callback(board.run, CLEAN)
            yield from from_board(board, names, release)
            continue
        found = from_folder(folder, release)
        missing = lacking(names, found)
        if missing:
            by_hand.append(f"  {', '.join(missing)} for L4T {release}: {folder / FOLDER / release}")
        yield from found
    if by_hand:
        listed = "\n".join(by_hand)
        raise FleetError(
            f"these Debian packages are not in the bundle:\n{listed}\nName a host of that release "
            "that reaches its apt sources with `--from HOST`; or put the .deb files, and those "
            "that they depend on, into that folder, and run again; or leave them out with "
            "`--no-packages`, if each board has them already"
        )


def stale(folder: Path, index: Index) -> list[Path]:
    """Return the files in a folder that its index does not list."""
    listed = {folder / one.path for one in index.files} | {folder / NAME}
    found = (path for path in sorted(folder.rglob("*")) if path.is_symlink() or path.is_file())
    return [path for path in found if path not in listed and PARTIAL not in path.parts]
