"""A model's folder on a board: which of its files are right, and how it is completed.

A new model's folder appears by one rename, with its marker in it. A damaged one's files are
replaced one by one, each by rename, and the marker is written again last. Whenever a program dies
in between, it can be run again.

As a program it prints the paths of a job's files that the board does not have.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Iterable, Sequence

from jetfleet.board.aria2 import traces
from jetfleet.board.entry import InTheWay, clear_for_file, is_plain, make_folder, remove
from jetfleet.board.reuse import places, take

MARKER = ".jetfleet"
"""Name of the marker: its first line is JSON, then a line ``sha256 size time path`` a file."""

TAKEN = ".jetfleet-taken"
"""End of the name of a file whose hash is not checked yet."""

CHUNK = 1 << 20


class File:
    """One file of the lock; `path` is relative and stays in the folder."""

    def __init__(self, about: dict[str, Any]) -> None:
        self.path: str = about["path"]
        self.size: int = about["size"]
        self.sha256: str = about["sha256"]
        self.named = (self.path, self.sha256)

    def is_at(self, path: Path) -> bool:
        """Tell whether a file has the right size and hash."""
        try:
            if not is_plain(path) or path.stat().st_size != self.size:
                return False
            digest = hashlib.sha256()
            with path.open("rb") as content:
                while True:
                    chunk = content.read(CHUNK)
                    if not chunk:
                        return digest.hexdigest() == self.sha256
                    digest.update(chunk)
        except OSError:
            return False


class Folder:
    """The folder of one revision, and the one on the same filesystem where it comes together."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.final = Path(job["folder"])
        self.stage = Path(job["staging"])
        self.elsewhere = job.get("elsewhere", {})
        # <directory>/.fetching/<name>/<revision>
        make_folder(self.stage, self.stage.parents[2])

    def prepare(self, files: Iterable[File]) -> None:
        """Remove what a fault left at the places of staged files, unless it is a plain file."""
        for file in files:
            staged = self.stage / file.path
            make_folder(staged.parent, self.stage)
            clear_for_file(staged)

    def has(self, file: File) -> bool:
        """Tell whether a file is there or staged; one that the board has elsewhere is taken."""
        if file.is_at(self.final / file.path) or file.is_at(self.stage / file.path):
            return True
        # A link, for a model's folder is never written into.
        for marker in sorted(self.final.parent.glob("*/" + MARKER)):
            for path in marked(marker, file) if marker.is_file() else ():
                if file.is_at(marker.parent / path):
                    self._link(marker.parent / path, self.stage / file.path)
                    return True
        return any(self._take(path, file) for path in places(self.elsewhere, *file.named))

    def _link(self, known: Path, staged: Path) -> None:
        make_folder(staged.parent, self.stage)
        for old in (staged, *traces(staged)):
            remove(old)
        os.link(known, staged)

    def _take(self, known: str, file: File) -> bool:
        """Tell whether a file of another program was taken; what is staged stays until then."""
        staged = self.stage / file.path
        make_folder(staged.parent, self.stage)
        taken = staged.with_name(staged.name + TAKEN)
        remove(taken)
        if not take(known, taken, file.size) or not file.is_at(taken):
            remove(taken)
            return False
        for old in (staged, *traces(staged)):
            remove(old)
        taken.rename(staged)
        return True

    def place(self, files: Sequence[File], suspects: Sequence[File], header: str) -> None:
        """Put the staged files in place, which are right, and mark that all of them are.

        Parameters
        ----------
        suspects:
            Files that may be staged.
        header:
            First line of the marker.

        """
        if self.final.is_dir():
            for file in suspects:
                self._replace(file)
            self._remove_traces(files)
            sync_filesystem(self.final)
            self._mark(self.final, files, header)
            subprocess.run(["rm", "-rf", "--", str(self.stage)], check=True)
        elif self.final.is_symlink() or self.final.exists():
            raise InTheWay(self.final, "folder")
        else:
            self._remove_others(suspects)
            self._mark(self.stage, files, header)
            subprocess.run(["chmod", "-R", "a+rX", "--", str(self.stage)], check=True)
            sync_filesystem(self.stage)
            make_parent(self.final)
            self.stage.rename(self.final)
        with suppress(OSError):
            os.removedirs(self.stage.parent)
        # The last act: what has ended well is on the disk, and so is that nothing is staged.
        sync_filesystem(self.final)

    def _remove_others(self, suspects: Iterable[File]) -> None:
        """Remove what else is staged, so that the folder gets the model's files and nothing else.

        An aria2 that is killed between the last byte of a file and the check of its hash leaves
        the control file beside a file that is right.
        """
        keep = {self.stage / file.path for file in suspects}
        for path in sorted(self.stage.rglob("*")):
            if path not in keep and (path.is_symlink() or not path.is_dir()):
                path.unlink()

    def _remove_traces(self, files: Iterable[File]) -> None:
        """Remove control files of aria2 that an earlier fetch left beside the model's files."""
        paths = {self.final / file.path for file in files}
        for trace in {one for path in paths for one in traces(path)} - paths:
            remove(trace)

    def _replace(self, file: File) -> None:
        staged, final = self.stage / file.path, self.final / file.path
        if staged.is_file():
            staged.chmod(staged.stat().st_mode | 0o444)
            make_parent(final)
            clear_for_file(final, ours=False)
            sync_file(staged)
            staged.replace(final)

    def _mark(self, folder: Path, files: Iterable[File], header: str) -> None:
        times = times_in(folder)
        lines = [f"{one.sha256} {one.size} {times[one.path]} {one.path}\n" for one in files]
        new = folder / (MARKER + "-new")
        for path in (new, folder / MARKER):
            clear_for_file(path)
        new.write_text(header + "\n" + "".join(lines), encoding="utf-8")
        sync_file(new)
        new.replace(folder / MARKER)


def marked(marker: Path, file: File) -> list[str]:
    """Return the paths in another revision that its marker gives this hash and size."""
    begin = f"{file.sha256} {file.size} "
    with suppress(OSError, UnicodeDecodeError):
        lines = marker.read_text(encoding="utf-8").splitlines()
        return [line.split(" ", 3)[3] for line in lines if line.startswith(begin)]
    return []


def times_in(folder: Path) -> dict[str, str]:
    """Return when each file was changed, in the form in which a survey reads it: by `find`."""
    command = ["find", str(folder), "-type", "f", "-printf", "%T@ %P\\0"]
    shown = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode()
    pairs = (line.partition(" ") for line in shown.split("\0") if line)
    return {path: time for time, _, path in pairs}


def make_parent(path: Path) -> None:
    """Make the folder of a path; `InTheWay` if it, or one above it, is a file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise InTheWay(Path(error.filename), "folder") from error


def sync_file(path: Path) -> None:
    """Have the bytes of a file on the disk before it is renamed: a power cut may follow."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_filesystem(path: Path) -> None:
    """Have all that was written to a filesystem on its disk."""
    subprocess.run(["sync", "-f", "--", str(path)], check=True)


def main(job: dict[str, Any]) -> None:
    """Print the paths of the files that are lacking, and prepare their places."""
    os.umask(0o022)
    try:
        folder = Folder(job)
        files = [File(one) for one in job["suspects"]]
        folder.prepare(files)
    except InTheWay as error:
        sys.exit(str(error))
    for file in files:
        if not folder.has(file):
            print(file.path)
