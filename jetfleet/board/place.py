"""Folders by their descriptors, for work as root where others may write.

A user or a container that may write in a folder can replace any name in it by a link while root
works there. So no path is resolved as a whole: each component is opened below the descriptor of the
one before, and links are not followed. Only in a folder where root alone may write is a link one
that root made: there it is followed. A new file is created, never opened; it gets its owner by its
descriptor, and is renamed into place.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from contextlib import suppress
from typing import BinaryIO, NamedTuple

NEW = ".jetfleet-new"
"""Name of a file that is not finished; it is beside the one that it becomes."""

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK a FIFO would hold its reader until a program writes to it.
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

CHUNK = 1 << 20
MOST_LINKS = 40
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class Unsafe(Exception):
    """A path does not lead where it should; the text says what is wrong, where, and what to do."""


class Owner(NamedTuple):
    """User and group of a file, as numbers."""

    uid: int
    gid: int


ROOT = Owner(0, 0)


class Place:
    """An open folder. Names that its methods take are of one component."""

    def __init__(self, fd: int, path: str) -> None:
        self.fd = fd
        self.path = path

    def __enter__(self) -> Place:  # noqa: PYI034 - Python 3.8 has no `Self`
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)

    def at(self, name: str) -> str:
        """Return the path of a name, for a message."""
        return os.path.join(self.path, name)

    @property
    def owner(self) -> Owner:
        """Its user and group."""
        found = os.fstat(self.fd)
        return Owner(found.st_uid, found.st_gid)

    @property
    def is_roots(self) -> bool:
        """Whether root alone may change what is in it."""
        found = os.fstat(self.fd)
        return found.st_uid == 0 and not found.st_mode & OTHERS_WRITE

    def stat(self, name: str) -> os.stat_result | None:
        """Return what a name is, itself and not what it links to; None if there is nothing."""
        try:
            return os.stat(name, dir_fd=self.fd, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def link_of(self, name: str) -> str:
        """Return the absolute path to which a link leads; empty if it is not a link."""
        try:
            target = os.readlink(name, dir_fd=self.fd)
        except OSError:
            return ""
        return os.path.normpath(os.path.join(self.path, target))

    def followed(self, name: str, target: str, links: int) -> Place:
        """Open the folder that a link leads to; none is made there."""
        try:
            return place_of(target, links=links)
        except FileNotFoundError:
            raise Unsafe(self._no_folder(name)) from None

    def folder(self, name: str, *, make: bool = False, owner: Owner | None = None) -> Place:
        """Open a folder in this one; raise Unsafe for a link and for a file.

        Parameters
        ----------
        make:
            Whether it is made, as root's, if it is not there.
        owner:
            Whose it must be; it is given to them.

        """
        if make:
            with suppress(FileExistsError):
                os.mkdir(name, 0o755, dir_fd=self.fd)
        try:
            place = Place(os.open(name, FOLDER, dir_fd=self.fd), self.at(name))
        except NotADirectoryError:
            raise Unsafe(self._not_a_folder(name)) from None
        if owner is not None:
            place.own(owner, os.fstat(self.fd).st_dev)
        return place

    def _not_a_folder(self, name: str) -> str:
        found = self.stat(name)
        if found and stat.S_ISLNK(found.st_mode):
            return (
                f"{self.at(name)} is a link, which root does not follow in a folder that others "
                "may write: remove it, or write the path of the folder itself in the spec"
            )
        return self._no_folder(name)

    def _no_folder(self, name: str) -> str:
        return f"{self.at(name)} is not a folder: move it away, then run again"

    def own(self, owner: Owner, device: int) -> None:
        """Give this folder to its owner, unless another filesystem is mounted on it."""
        found = os.fstat(self.fd)
        if (found.st_uid, found.st_gid) != owner and found.st_dev == device:
            os.fchown(self.fd, owner.uid, owner.gid)

    def open(self, name: str) -> int:
        """Return a descriptor to read a plain file; raise Unsafe for anything else."""
        try:
            fd = os.open(name, READ, dir_fd=self.fd)
        except OSError as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise Unsafe(f"{self.at(name)} is not a plain file: remove it") from error
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise Unsafe(f"{self.at(name)} is not a plain file: remove it")
        return fd

    def read(self, name: str, most: int) -> bytes:
        """Return the content of a plain file of at most `most` bytes; raise Unsafe otherwise."""
        with open(self.open(name), "rb") as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise Unsafe(f"{self.at(name)} is larger than {most} bytes: remove it")
        return content

    def write(self, name: str, content: bytes, *, mode: int = 0o644, owner: Owner = ROOT) -> None:
        """Put a file in place by rename, complete and synced."""
        with open(self.create(NEW), "wb") as file:
            file.write(content)
            finish(file, mode, owner)
        self.rename(NEW, name)

    def create(self, name: str) -> int:
        """Return a descriptor of a new file that root alone can read; remove what has its name."""
        self.clear(name)
        return os.open(name, CREATE, 0o600, dir_fd=self.fd)

    def remove(self, name: str) -> None:
        """Remove a file or a link, if there is one; raise Unsafe for a folder."""
        try:
            os.unlink(name, dir_fd=self.fd)
        except FileNotFoundError:
            pass
        except IsADirectoryError:
            raise Unsafe(self._a_folder(name)) from None

    def clear(self, name: str) -> None:
        """Remove whatever has a name that is our own; of a folder, all that is in it."""
        try:
            self.remove(name)
        except Unsafe:
            # It works by descriptors too, and follows no link.
            command = ["rm", "-rf", "--", name]
            subprocess.run(command, cwd=f"/proc/self/fd/{self.fd}", check=True)

    def _a_folder(self, name: str) -> str:
        return f"{self.at(name)} is a folder: move it away, then run again"

    def rename(self, old: str, new: str) -> None:
        """Rename a file in this folder, over what has the new name; raise Unsafe for a folder."""
        try:
            os.rename(old, new, src_dir_fd=self.fd, dst_dir_fd=self.fd)
        except IsADirectoryError:
            raise Unsafe(self._a_folder(new)) from None
        os.fsync(self.fd)

    def link(self, source: Place, name: str, new: str) -> None:
        """Put a plain file of another folder in place: a link to it, or a copy where that fails.

        A copy is root's, and all can read it.
        """
        with open(source.open(name), "rb") as file:
            self.clear(NEW)
            try:
                os.link(name, NEW, src_dir_fd=source.fd, dst_dir_fd=self.fd, follow_symlinks=False)
            except OSError:  # another filesystem, or one without links
                with open(self.create(NEW), "wb") as copy:
                    shutil.copyfileobj(file, copy, CHUNK)
                    finish(copy, 0o644, ROOT)
            else:
                linked = self.stat(NEW)
                if linked is None or not os.path.samestat(os.fstat(file.fileno()), linked):
                    raise Unsafe(f"{source.at(name)} was replaced meanwhile: run again")
        self.rename(NEW, new)


def finish(file: BinaryIO, mode: int, owner: Owner) -> None:
    """Give a new file its owner and its mode, and have its bytes on the disk."""
    file.flush()
    os.fchown(file.fileno(), owner.uid, owner.gid)
    os.fchmod(file.fileno(), mode)
    os.fsync(file.fileno())


def names_of(path: str) -> list[str]:
    """Return the components of a path; raise Unsafe for one that leads up again."""
    names = [name for name in path.split("/") if name not in {"", "."}]
    if ".." in names:
        raise Unsafe(f"{path} has a component “..”: write the path without it")
    return names


def below(start: Place, path: str, *, make: bool = False, owner: Owner | None = None) -> Place:
    """Return the folder at a path below another, which no link leads to; as `Place.folder`."""
    place = Place(os.dup(start.fd), start.path)
    for name in names_of(path):
        with place:
            place = place.folder(name, make=make, owner=owner)
    return place


def place_of(path: str, *, make: bool = False, links: int = MOST_LINKS) -> Place:
    """Return the folder at an absolute path; a link is followed only where root alone can make one.

    Parameters
    ----------
    make:
        Whether folders that are not there are made, as root's.
    links:
        How many links may be followed.

    """
    place = Place(os.open("/", FOLDER), "/")
    for name in names_of(path):
        with place:
            target = place.link_of(name) if place.is_roots else ""
            if not target:
                place = place.folder(name, make=make)
            elif links:
                place = place.followed(name, target, links - 1)
            else:
                raise Unsafe(f"{path} leads through too many links: write the path of the folder")
    return place
