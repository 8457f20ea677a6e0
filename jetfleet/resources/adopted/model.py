"""Model files in a folder that was filled by hand: compared with the lock, never changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from jetfleet.resources.base import ABSENT, Attribute, Attributes, Change, OnlyCompared, RunOptions
from jetfleet.resources.model.fetch import HASH_RATE
from jetfleet.steps.shell import words
from jetfleet.text import read_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.resources.model import ModelFile


@dataclass(frozen=True)
class FolderState:
    """Size by path of files on the board, and their hashes where the run asked for them."""

    sizes: Mapping[str, int]
    hashes: Mapping[str, str]
    hashed: bool = False


@dataclass(frozen=True)
class AdoptedModel(OnlyCompared[FolderState]):
    """The files of a model are in a folder that was filled by hand; it may hold others.

    Sizes are compared, and with ``--data deep=yes`` hashes.

    Parameters
    ----------
    folder:
        The hand-made folder: a model's own, or an Ollama store.
    files:
        What the lock says that the model consists of.

    """

    kind: ClassVar[str] = "adopted-model"
    name: str
    folder: str
    files: tuple[ModelFile, ...]

    @property
    def id(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return f"Compare model {self.name} in {self.folder}"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ("filesystem:*", "adopted-filesystem:*")

    @classmethod
    def survey(cls, resources: Sequence[AdoptedModel], options: RunOptions) -> str:
        files = words(f"{r.folder}/{file.path}" for r in resources for file in r.files)
        deep = f"echo hashed\nsha256sum -- {files}\n" if options.deep else ""
        return f"stat -L -c 'size %s %n' -- {files}\n{deep}true\n"

    @classmethod
    def survey_seconds(cls, resources: Sequence[AdoptedModel], options: RunOptions) -> int:
        size = sum(file.size for model in resources for file in model.files)
        return size // HASH_RATE if options.deep else 0

    @classmethod
    def read(cls, text: str, resources: Sequence[AdoptedModel]) -> dict[str, FolderState]:
        sizes: dict[str, int] = {}
        hashes: dict[str, str] = {}
        hashed = "hashed" in text.splitlines()
        for line in text.splitlines():
            if line.startswith("size "):
                _, size, path = line.split(" ", 2)
                sizes[path] = read_count(size)
            elif line[64:66] == "  ":
                hashes[line[66:]] = line[:64]
        return {r.key: FolderState(sizes, hashes, hashed) for r in resources}

    def desired(self) -> Attributes:
        return {file.path: file.locked for file in self.files}

    def observed(self, actual: FolderState) -> Attributes:
        return {file.path: self._file(file, actual) for file in self.files}

    def _file(self, file: ModelFile, actual: FolderState) -> Attribute | str:
        path = f"{self.folder}/{file.path}"
        size = actual.sizes.get(path)
        if size != file.size:
            return ABSENT if size is None else f"{size} bytes"
        sha256 = actual.hashes.get(path, "unreadable") if actual.hashed else file.sha256
        return replace(file, sha256=sha256).locked

    def details(self) -> Mapping[str, Any]:
        return {"folder": self.folder}

    def sentence(self, change: Change, actual: FolderState) -> str:
        path = f"{self.folder}/{change.attribute}"
        size = actual.sizes.get(path)
        locked = {file.path: file.size for file in self.files}.get(change.attribute)
        if size == locked:
            return f"{path} has another content than the lock says"
        return f"{path} is {change.have}, the lock says {locked} bytes"

    def remedy(self, changes: Sequence[Change]) -> str:
        return (
            f"{self.folder} was filled by hand and is only compared ({changes[0].sentence}): fix "
            f"it by hand, or take {self.name} out of `adopted.models` to have jetfleet fetch it"
        )
