"""A folder on the workstation: your own models, and sites without a network."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from jetfleet.hubs.base import Hub, Listed
from jetfleet.steps import Links

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.lock.model import LockedModel
    from jetfleet.spec.model import ModelSpec
    from jetfleet.workstation.workstation import Workstation

_PIECE = 1 << 20


class Folder(Hub):
    """All files of a folder, written ``file:FOLDER``, relative to the spec's own folder."""

    title = "The folder"

    def __init__(self, model: ModelSpec, workstation: Workstation) -> None:
        super().__init__(model, workstation)
        self._root = workstation.folder / Path(self.part["folder"]).expanduser()

    def listing(self) -> LockedModel:
        if not self._root.is_dir():
            raise FleetError(
                f"{self.model.source}: there is no folder {self._root}: write a path relative "
                "to the spec's folder after file:"
            )
        files = [
            replace(file, sha256=_sha256(self._root / file.path))
            for file in self.chosen(list(map(self._listed, self._found())))
        ]
        manifest = "".join(f"{file.sha256} {file.path}\n" for file in files)
        return self.locked(hashlib.sha256(manifest.encode()).hexdigest()[:12], files)

    def links(self, locked: LockedModel, paths: Sequence[str]) -> Links:
        sizes = {file.path: file.size for file in locked.files}
        for path in paths:
            # The board checks the hash; checking the size here costs nothing.
            file = self._root / path
            if not file.is_file() or file.stat().st_size != sizes[path]:
                raise self.changed(path)
        return Links({}, local={path: (self._root / path).resolve() for path in paths})

    def _found(self) -> list[Path]:
        """Return everything in the folder except folders and the marker of a fetched model."""
        found = (p for p in self._root.rglob("*") if p.is_symlink() or not p.is_dir())
        return [path for path in found if path != self._root / ".jetfleet"]

    def _listed(self, path: Path) -> Listed:
        name, kind = path.relative_to(self._root).as_posix(), "file"
        if path.is_symlink() and not path.resolve().is_relative_to(self._root.resolve()):
            kind = "link that leaves the folder"
        elif not path.is_file():
            kind = "link to a folder" if path.is_dir() else "special file"
        return Listed(name, path.stat().st_size if kind == "file" else 0, kind=kind)


def _sha256(path: Path) -> str:
    seen = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            seen.update(piece)
    return seen.hexdigest()


HUB = Folder
