"""Model files in a folder that somebody made by hand: compared with the lock, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.resource import Change, Resource, RunOptions
from jetfleet.steps import LinkResolver, Refused, Steps
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.resources.model import ModelFile


@dataclass(frozen=True)
class FolderState:
    """Size by path of files on the board, and their hashes where the run asked for them."""

    sizes: Mapping[str, int]
    hashes: Mapping[str, str]


@dataclass(frozen=True)
class AdoptedModel(Resource[FolderState]):
    """The files of a model are where somebody put them; others beside them are no matter.

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
        deep = f"sha256sum -- {files}\n" if options.deep else ""
        return f"stat -L -c 'size %s %n' -- {files}\n{deep}true\n"

    @classmethod
    def read(cls, text: str, resources: Sequence[AdoptedModel]) -> dict[str, FolderState]:
        sizes: dict[str, int] = {}
        hashes: dict[str, str] = {}
        for line in text.splitlines():
            if line.startswith("size "):
                _, size, path = line.split(" ", 2)
                sizes[path] = int(size)
            elif line[64:66] == "  ":
                hashes[line[66:]] = line[:64]
        return {r.key: FolderState(sizes, hashes) for r in resources}

    def compare(self, actual: FolderState, options: RunOptions) -> list[Change]:
        changes = []
        for file in self.files:
            path = f"{self.folder}/{file.path}"
            size, digest = actual.sizes.get(path), actual.hashes.get(path, "unreadable")
            if size != file.size:
                have = "absent" if size is None else f"{size} bytes"
                sentence = f"{path} is {have}, the lock says {file.size} bytes"
                changes.append(Change(file.path, have, f"{file.size} bytes", sentence))
            elif options.deep and digest != file.sha256:
                sentence = f"{path} has another content than the lock says"
                changes.append(Change(file.path, digest[:12], file.sha256[:12], sentence))
        return changes

    def steps(
        self,
        actual: FolderState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, options, resolver
        raise Refused(
            f"{self.folder} was filled by hand and is only compared ({changes[0].sentence}): mend "
            f"it by hand, or take {self.name} out of `adopted.models` to have jetfleet fetch it"
        )
        yield
