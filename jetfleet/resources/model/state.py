"""The files of models on a board, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jetfleet.resources.base import Unreadable
from jetfleet.resources.model.marker import MARKER, Marked, read_marker
from jetfleet.text import read_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.resources.model.file import ModelFile


@dataclass(frozen=True)
class FileOnBoard:
    """A file as surveyed: size and stored bytes, time as `find` prints it, hash if asked for."""

    size: int
    stored: int
    time: str
    sha256: str = ""


@dataclass(frozen=True)
class ModelState:
    """What is there of a model.

    Parameters
    ----------
    marked:
        The marker's files.
    files:
        The folder's files by path.
    staged:
        Bytes of an unfinished fetch.
    free:
        Free bytes where models live.
    mounted:
        Mount point of the filesystem that models would be written to now.
    wanted_by_all:
        Bytes that all models of the same directory still have to fetch.

    """

    marked: Mapping[str, Marked]
    files: Mapping[str, FileOnBoard]
    staged: int = 0
    free: int = 0
    mounted: str = "/"
    wanted_by_all: int = 0


@dataclass(frozen=True)
class Folders:
    """What a survey printed of all folders of models.

    Parameters
    ----------
    files:
        Each file by its path.
    markers:
        The lines of each marker by its path.
    room:
        For each directory the free bytes, and the mount point that it is on.

    """

    files: Mapping[str, FileOnBoard]
    markers: Mapping[str, Sequence[str]]
    room: Mapping[str, tuple[int, str]]

    def model(self, directory: str, folder: str, staging: str) -> ModelState:
        """Return what is there of the model of a folder; nothing is known of other models yet."""
        free, mounted = self.room.get(directory, (0, "/"))
        return ModelState(
            marked=read_marker(self.markers.get(f"{folder}/{MARKER}", ())),
            files={
                path.removeprefix(f"{folder}/"): file
                for path, file in self.files.items()
                if path.startswith(f"{folder}/")
            },
            staged=sum(
                file.stored for path, file in self.files.items() if path.startswith(f"{staging}/")
            ),
            free=free,
            mounted=mounted,
        )


def read_folders(text: str) -> Folders:
    """Return the folders that the survey's script printed, or `Unreadable`."""
    found: dict[str, FileOnBoard] = {}
    markers: dict[str, list[str]] = {}
    room: dict[str, tuple[int, str]] = {}
    # A marker that is damaged may hold any other separator of lines.
    for line in text.split("\n"):
        word, _, rest = line.partition(" ")
        if word == "file":
            size, blocks, time, path = rest.split(" ", 3)
            found[path] = FileOnBoard(read_count(size), read_count(blocks) * 512, time)
        elif word == "marker":
            path, _, entry = rest.partition(" ")
            markers.setdefault(path, []).append(entry)
        elif word == "free":
            free, _, path = rest.partition("|")
            number, target = free.split(maxsplit=1)
            room[path] = (read_count(number), target)
        elif line[64:66] == "  ":
            found[line[66:]] = replace(found[line[66:]], sha256=line[:64])
        elif line:
            raise Unreadable(f"unexpected line in the survey of models: {line[:80]!r}")
    return Folders(found, markers, room)


def what_is_wrong(file: ModelFile, actual: ModelState) -> str:
    """Return what is wrong with a file, in words; empty if it can be believed."""
    have = actual.files.get(file.path)
    marked = actual.marked.get(file.path)
    if have is None:
        return "is missing"
    if have.size != file.size:
        return f"has {have.size} bytes"
    if have.sha256:
        return "" if have.sha256 == file.sha256 and marked else f"has sha256 {have.sha256[:12]}"
    if marked is None or marked.sha256 != file.sha256:
        return "has holes" if have.stored < file.size else "was never verified"
    if marked.time != have.time:
        return "was changed since it was verified"
    return ""
