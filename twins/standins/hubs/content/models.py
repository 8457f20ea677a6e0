"""The models of the stand-in hubs, laid out as files once for a cache folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twins.standins import files
from twins.standins.hubs.content.definition import Definition, definitions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["Definition", "File", "Model", "definitions", "publish"]


@dataclass(frozen=True)
class File:
    """One file of a published model; `sha256` in hexadecimal, `size` in bytes."""

    path: str
    size: int
    sha256: str
    source: Path


@dataclass(frozen=True)
class Model:
    """A model that a hub serves."""

    definition: Definition
    files: tuple[File, ...]

    def file(self, path: str) -> File | None:
        """Return the file at a path, if there is one."""
        return next((file for file in self.files if file.path == path), None)


def publish(cache_dir: Path, sizes: Mapping[str, int] | None = None) -> tuple[Model, ...]:
    """Lay out all models under `<cache>/models`, each once, and list them.

    `sizes` gives another number of weight bytes for a target such as `org/team/name:version`.
    """
    wanted = sizes or {}
    return tuple(
        laid_out(cache_dir, definition.resized(wanted.get(definition.target)))
        for definition in definitions()
    )


def laid_out(cache_dir: Path, definition: Definition) -> Model:
    """Lay out one model under `<cache>/models`, once."""
    models_dir = cache_dir / "models"
    key = hashlib.sha256(repr(definition).encode()).hexdigest()[:16]
    folder, listing = models_dir / key, models_dir / f"{key}.json"
    with files.locked(models_dir / f"{key}.lock"):
        if not listing.is_file():
            found = [_written(folder, path, content) for path, content in definition.contents()]
            entries = [{"path": f.path, "size": f.size, "sha256": f.sha256} for f in found]
            # Written last: it means that the files are complete.
            files.write(listing, json.dumps(entries, indent=2).encode())
    listed = tuple(
        File(source=folder / entry["path"], **entry) for entry in json.loads(listing.read_text())
    )
    return Model(definition, listed)


def _written(folder: Path, path: str, content: Iterable[bytes]) -> File:
    source, seen, size = folder / path, hashlib.sha256(), 0
    source.parent.mkdir(parents=True, exist_ok=True)
    with source.open("wb") as file:
        for piece in content:
            file.write(piece)
            seen.update(piece)
            size += len(piece)
    return File(path, size, seen.hexdigest(), source)
