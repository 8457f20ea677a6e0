"""A bundle on the workstation that serves boards: each file is checked before it is sent."""

from __future__ import annotations

import os
from threading import Lock as Mutex
from typing import TYPE_CHECKING

from jetfleet.board.plain_file import open_plain
from jetfleet.bundle.hashed import sha256_of
from jetfleet.bundle.index import read_index
from jetfleet.errors import FleetError
from jetfleet.steps.bundle import BundleFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jetfleet.bundle.index import Entry, Index


class OpenedBundle:
    """The bundle in a folder, whose index has a given hash.

    Boards that need the same file at the same time wait for one check of it.
    """

    def __init__(self, folder: Path, sha256: str) -> None:
        self.folder = folder
        self._sha256 = sha256
        self._index: Index | None = None
        self._checked: set[tuple[int, ...]] = set()
        self._checking = Mutex()

    def files(self, purpose: str) -> Sequence[BundleFile]:
        """Return the files for a purpose; raise `FleetError` with the name of one that is wrong."""
        with self._checking:
            if self._index is None:
                self._index = read_index(self.folder, self._sha256)
            return [self._file(one) for one in self._index.files if purpose in one.purposes]

    def model(self, name: str, revision: str, paths: Sequence[str]) -> dict[str, Path]:
        """Return the files of a model by their paths in it; raise `FleetError` for a wrong one."""
        begin = f"models/{name}/{revision}/"
        found = {one.path: one for one in self.files(f"model {name}")}
        for path in paths:
            if begin + path not in found:
                raise FleetError(
                    f"the bundle {self.folder} does not have {begin}{path}: make it again with "
                    "`jetfleet bundle`"
                )
        return {path: found[begin + path].local for path in paths}

    def _file(self, entry: Entry) -> BundleFile:
        place = self.folder / entry.path
        try:
            with open_plain(str(self.folder), entry.path) as file:
                about = os.fstat(file.fileno())
                key = (
                    about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns
                )  # fmt: skip
                right = about.st_size == entry.size and (
                    key in self._checked or sha256_of(file) == entry.sha256
                )
        except OSError as error:
            raise FleetError(
                f"{place} of the bundle cannot be read ({error.strerror}): copy the bundle again"
            ) from error
        if not right:
            raise FleetError(
                f"{place} differs from the bundle's index: copy the bundle again, or repair it "
                "with `jetfleet bundle`"
            )
        self._checked.add(key)
        return BundleFile(entry.path, entry.size, entry.sha256, place)
