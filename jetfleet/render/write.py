"""Write a rendering as files: one folder per host, the same bytes for the same input."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from jetfleet.text import read_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from jetfleet.render.board import Rendered

HOST_JSON = "host.json"


def tree(host: Rendered) -> dict[str, str]:
    """Return the files of a host's folder by their paths in it."""
    files = {path.lstrip("/"): text for path, text in host.files.items()}
    return {HOST_JSON: host.host_json, **files}


def write(hosts: Iterable[Rendered], folder: Path) -> list[str]:
    """Write a folder for each host and remove those of an earlier rendering; return the names.

    Only a folder with a host.json of its own name is replaced or removed; everything else in
    `folder` stays. Nothing is written through a link.

    Raises
    ------
    FleetError
        A host's folder has other content, or cannot be written.

    """
    trees = {host.name: tree(host) for host in hosts}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in trees:
            _refuse_strange(folder / name)
        for old in sorted(folder.iterdir()):
            if old.name not in trees and _is_rendered(old):
                shutil.rmtree(old)
        for name, files in trees.items():
            _write_host(folder / name, files)
    except OSError as error:
        raise FleetError(f"{folder} cannot be written ({error}): choose another with -o") from error
    return list(trees)


def _is_rendered(folder: Path) -> bool:
    if folder.is_symlink() or not folder.is_dir():
        return False
    try:
        said = read_object((folder / HOST_JSON).read_bytes())
    except (OSError, ValueError):
        return False
    return said.get("host") == folder.name and "schema" in said


def _refuse_strange(folder: Path) -> None:
    """Raise `FleetError` for a folder with content that was not rendered."""
    empty = folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir())
    if (folder.exists() or folder.is_symlink()) and not empty and not _is_rendered(folder):
        raise FleetError(
            f"{folder} was not rendered by jetfleet, so it is not overwritten: choose another "
            "folder with -o, or move it away"
        )


def _write_host(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    wanted = {folder / path for path in files}
    kept = {parent for path in wanted for parent in path.parents} | wanted
    # Write host.json first: by it, `_is_rendered` finds the folder of an interrupted run.
    _write(folder / HOST_JSON, files[HOST_JSON])
    for old in sorted(folder.rglob("*"), reverse=True):
        if old.is_symlink() or (old not in kept and old.is_file()):
            old.unlink()
        elif old.is_dir() and old not in kept:
            old.rmdir()
    for path, text in files.items():
        _write(folder / path, text)


def _write(path: Path, text: str) -> None:
    """Write a file, unless it has this text already."""
    if path.is_symlink():
        path.unlink()
    if path.is_dir():
        shutil.rmtree(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = text.encode()
    if not path.is_file() or path.read_bytes() != data:
        path.write_bytes(data)
