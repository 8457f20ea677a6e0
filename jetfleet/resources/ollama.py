"""A model in an Ollama store, put there beside a server that may be using it.

Layout of the store: https://github.com/ollama/ollama/blob/main/docs/faq.mdx (blobs named by their
hash, manifests named by the model); the order that a server needs is blobs first, manifest last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from jetfleet.resources.base import (
    ABSENT,
    Attribute,
    Attributes,
    Change,
    Resource,
    RunOptions,
)
from jetfleet.steps import LinkResolver, Refused, Run, Steps
from jetfleet.steps.program import run_program
from jetfleet.text import read_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jetfleet.resources.model import Model, ModelFile

SLOWEST = 20 * 10**6
"""Bytes a second of a slow disk, for the limit of a copy."""


@dataclass(frozen=True)
class StoreState:
    """What is there of a store.

    Parameters
    ----------
    sizes:
        Bytes of each blob by its path.
    manifests:
        Hash of each manifest by its path.
    unsafe:
        Why root cannot work in it, with what to do; empty if it can.

    """

    sizes: Mapping[str, int]
    manifests: Mapping[str, str]
    unsafe: str = ""


@dataclass(frozen=True)
class OllamaModel(Resource[StoreState]):
    """An Ollama store has a verified model of this host.

    Blobs are hard links to the verified files where both are on one filesystem, so that a model
    takes its room once.

    Parameters
    ----------
    name:
        Of the model in the spec.
    folder:
        Where the verified model is; it has the layout of a store.
    store:
        The server's ``OLLAMA_MODELS``.
    blobs, manifest:
        Its files; paths are relative to folder and store.

    """

    kind: ClassVar[str] = "ollama"
    moves: ClassVar[None] = None
    chief: ClassVar[tuple[str, ...]] = ("manifest",)
    name: str
    folder: str
    store: str
    blobs: tuple[ModelFile, ...]
    manifest: ModelFile

    @classmethod
    def of(cls, model: Model, store: str) -> OllamaModel:
        """Return the resource for a model whose source is an Ollama registry."""
        blobs = tuple(file for file in model.files if file.path.startswith("blobs/"))
        manifest = next(file for file in model.files if file.path.startswith("manifests/"))
        return cls(model.name, model.folder, store, blobs, manifest)

    @property
    def id(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return f"Put {self.name} into {self.store}"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return (f"model:{self.name}", f"model-seed:{self.name}", "filesystem:*")

    @classmethod
    def survey(cls, resources: Sequence[OllamaModel], options: RunOptions) -> str:
        del options
        stores = [r.job(r.blobs) for r in resources]
        return run_program(*_PROGRAMS, job={"survey": stores})

    @classmethod
    def read(cls, text: str, resources: Sequence[OllamaModel]) -> dict[str, StoreState]:
        sizes: dict[str, int] = {}
        manifests: dict[str, str] = {}
        unsafe = ""
        for line in text.splitlines():
            if line.startswith("size "):
                _, size, path = line.split(" ", 2)
                sizes[path] = read_count(size)
            elif line[64:66] == "  ":
                manifests[line[66:]] = line[:64]
            elif line.startswith("unsafe "):
                unsafe = line.removeprefix("unsafe ")
        state = StoreState(sizes, manifests, unsafe)
        return {r.key: state for r in resources}

    def desired(self) -> Attributes:
        return {
            "blobs": Attribute(len(self.blobs), f"{len(self.blobs)} blobs", beside=self._paths()),
            "manifest": self._manifest(self.manifest.sha256),
        }

    def observed(self, actual: StoreState) -> Attributes:
        there = len(self.blobs) - len(self._missing(actual))
        part = Attribute(there, f"{there} of {len(self.blobs)} blobs")
        found = actual.manifests.get(f"{self.store}/{self.manifest.path}")
        return {
            "blobs": self.attributes["blobs"] if there == len(self.blobs) else part,
            "manifest": self._manifest(found) if found else ABSENT,
        }

    def _manifest(self, sha256: str) -> Attribute:
        return Attribute(sha256, f"{sha256[:12]} in {self.store}", beside=self.store)

    def _paths(self) -> str:
        return " ".join(sorted(blob.path for blob in self.blobs))

    def details(self) -> Mapping[str, Any]:
        return {"store": self.store, "bytes": sum(blob.size for blob in self.blobs)}

    def sentence(self, change: Change, actual: StoreState) -> str:
        sentences = {
            "blobs": f"{self.store} lacks blobs of {self.name}",
            "manifest": f"{self.store} does not name {self.name}",
        }
        return sentences.get(change.attribute) or super().sentence(change, actual)

    def refuse(self, actual: StoreState, options: RunOptions) -> None:
        del options
        if actual.unsafe:
            raise Refused(f"{self.name} cannot be put into {self.store}: {actual.unsafe}")

    def steps(
        self,
        actual: StoreState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del changes, options, resolver
        more = {"folder": self.folder, "sha256": self.manifest.sha256}
        missing = self._missing(actual)
        job = {**self.job(missing), **more}
        seconds = 120 + sum(blob.size for blob in missing) // SLOWEST
        yield Run(run_program(*_PROGRAMS, job=job), self.title, seconds)

    def job(self, blobs: Iterable[ModelFile]) -> dict[str, Any]:
        """Return the paths of these blobs and of the manifest, for the program on the board."""
        paths = [blob.path for blob in blobs]
        return {"store": self.store, "blobs": paths, "manifest": self.manifest.path}

    def _missing(self, actual: StoreState) -> list[ModelFile]:
        return [b for b in self.blobs if actual.sizes.get(f"{self.store}/{b.path}") != b.size]


_PROGRAMS = ("place.py", "store.py")
