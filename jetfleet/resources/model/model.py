"""A model's files on the board: each with its locked hash, and the marker that says so."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from jetfleet.board.disk import needed
from jetfleet.resources.base import (
    ABSENT,
    Attribute,
    Attributes,
    Change,
    Effects,
    Outlook,
    Resource,
    RunOptions,
)
from jetfleet.resources.model.fetch import HASH_RATE, Fetch
from jetfleet.resources.model.marker import LARGEST_MARKER, MARKER, header
from jetfleet.resources.model.state import ModelState, read_folders, what_is_wrong
from jetfleet.spec.text import bytes_of
from jetfleet.steps import LinkResolver, Refused, Steps
from jetfleet.steps.shell import words
from jetfleet.text import format_bytes, format_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typing_extensions import Self

    from jetfleet.resources.model.file import ModelFile


@dataclass(frozen=True)
class Model(Resource[ModelState]):
    """One revision of a model in a folder of its own.

    Parameters
    ----------
    name, revision:
        Its folder is ``<directory>/<name>/<revision>``.
    source:
        As in the spec, for messages and for the marker.
    directory:
        Where models live on the board.
    files:
        What the lock says that it consists of.
    mount:
        Mount point that the directory must be on; empty if any will do.
    max_rate:
        Most bytes a second that a fetch may take, such as ``20M``; empty is without limit.
    share:
        Most bytes a second that it may take of the line to the internet; 0 is without limit.
    seeds:
        Base URLs of hosts of the same group that serve the files by hash.
    filled_by_hand:
        A folder on the board with the same files, which are taken from there; empty without one.
    proxy:
        A file on the board with the variables of its HTTP proxy; empty without one.
    is_seed:
        This host serves its models to others, and therefore fetches before them.
    offline:
        A bundle has its files: the board opens no connection.

    """

    kind: ClassVar[str] = "model"
    moves: ClassVar[None] = None
    name: str
    revision: str
    source: str
    directory: str
    files: tuple[ModelFile, ...]
    mount: str = ""
    max_rate: str = field(default="", repr=False)
    share: int = field(default=0, repr=False, compare=False)
    seeds: tuple[str, ...] = field(default=(), repr=False)
    filled_by_hand: str = field(default="", repr=False, compare=False)
    proxy: str = field(default="", repr=False, compare=False)
    is_seed: bool = False
    offline: bool = field(default=False, repr=False, compare=False)

    @property
    def called(self) -> str:
        """What messages call it."""
        return f"model {self.name}"

    @property
    def id(self) -> str:
        return f"{self.name} (seed)" if self.is_seed else self.name

    @property
    def key(self) -> str:
        # Seeds stand before the others in a plan: what they have need not come from far.
        return f"model-seed:{self.name}" if self.is_seed else f"model:{self.name}"

    @property
    def title(self) -> str:
        return f"Fetch model {self.name}{' to its seeds' if self.is_seed else ''}"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ("filesystem:*", "package:aria2")

    @property
    def shares(self) -> str:
        return "" if self.seeds or self.offline else "internet"

    @property
    def rate(self) -> int:
        """Most bytes a second from outside the site; 0 is without limit."""
        return min(filter(None, (bytes_of(self.max_rate), self.share)), default=0)

    def within(self, rate: int) -> Self:
        """Return it with at most this share of the line to the internet; 0 leaves it as it is."""
        if not rate or self.offline:
            return self
        return replace(self, share=min(rate, self.share or rate))

    @property
    def after(self) -> tuple[str, ...]:
        return (f"model-seed:{self.name}",) if self.seeds else ()

    @property
    def folder(self) -> str:
        """Absolute path of the finished model."""
        return f"{self.directory}/{self.name}/{self.revision}"

    @property
    def staging(self) -> str:
        """Folder in which it comes together; on the same filesystem as its final one."""
        return f"{self.directory}/.fetching/{self.name}/{self.revision}"

    @property
    def header(self) -> str:
        """First line of its marker."""
        return header(self.name, self.revision, self.source)

    @cached_property
    def digest(self) -> str:
        """Hash of the whole manifest: what a service that uses the model was started with."""
        listing = "".join(f"{f.sha256}  {f.path}\n" for f in self.files)
        return hashlib.sha256(listing.encode()).hexdigest()

    @classmethod
    def survey(cls, resources: Sequence[Model], options: RunOptions) -> str:
        folders = words(folder for r in resources for folder in (r.folder, r.staging))
        deep = "-exec sha256sum -- {} +" if options.deep else ""
        return f"""for m in {words(f"{r.folder}/{MARKER}" for r in resources)}; do
  [ -f "$m" ] && head -c {LARGEST_MARKER} -- "$m" | sed "s|^|marker $m |" && echo
done
find {folders} -type f -printf 'file %s %b %T@ %p\\n' {deep}
for d in {words(sorted({r.directory for r in resources}))}; do
  at=$d; while [ ! -d "$at" ]; do at=${{at%/*}}; at=${{at:-/}}; done
  echo "free $(df --output=avail,target -B1 -- "$at" | tail -n 1)|$d"
done
"""

    @classmethod
    def survey_seconds(cls, resources: Sequence[Model], options: RunOptions) -> int:
        size = sum(file.size for model in resources for file in model.files)
        return size // HASH_RATE if options.deep else 0

    @classmethod
    def read(cls, text: str, resources: Sequence[Model]) -> dict[str, ModelState]:
        found = read_folders(text)
        states = {r.key: found.model(r.directory, r.folder, r.staging) for r in resources}
        return {
            r.key: replace(
                states[r.key],
                wanted_by_all=sum(
                    other.missing_bytes(states[other.key])
                    for other in resources
                    if other.directory == r.directory
                ),
            )
            for r in resources
        }

    def suspects(self, actual: ModelState) -> tuple[ModelFile, ...]:
        """Return the files that cannot be believed and have to be verified or fetched."""
        return tuple(file for file in self.files if what_is_wrong(file, actual))

    def missing_bytes(self, actual: ModelState) -> int:
        """Return the bytes that a fetch would still have to write."""
        return max(0, sum(file.size for file in self.suspects(actual)) - actual.staged)

    def desired(self) -> Attributes:
        return {"files": self._summary(), **{file.path: file.locked for file in self.files}}

    def observed(self, actual: ModelState) -> Attributes:
        if not actual.marked and not actual.files and self.files:
            return {"files": ABSENT}
        wrong = {file.path: what_is_wrong(file, actual) for file in self.files}
        return {
            **({} if any(wrong.values()) else {"files": self._summary()}),
            **{file.path: wrong[file.path] or file.locked for file in self.files},
            **dict.fromkeys(self._traces(actual), "was left by a fetch"),
        }

    def _traces(self, actual: ModelState) -> list[str]:
        """Return the control files of aria2 that stand beside the model's files."""
        paths = {file.path for file in self.files}
        beside = {path + end for path in paths for end in (".aria2", ".aria2__temp")}
        return sorted((beside & actual.files.keys()) - paths)

    def _summary(self) -> Attribute:
        size, folder = format_bytes(self._bytes), self.directory
        text = f"revision {self.revision}, {format_count(len(self.files), 'file')}, {size}"
        return Attribute(
            len(self.files),
            f"{text}, {self.digest[:12]}, in {folder}",
            beside=f"{self.folder} {self.digest}",
        )

    @property
    def _bytes(self) -> int:
        return sum(file.size for file in self.files)

    def details(self) -> Mapping[str, Any]:
        return {
            "revision": self.revision,
            "source": self.source,
            "folder": self.folder,
            "bytes": self._bytes,
            "sha256": self.digest,
        }

    def refuse(self, actual: ModelState, options: RunOptions) -> None:
        del options
        if self.suspects(actual) and self._settled(actual):
            self._check_room(actual)

    def uses_tls(self, changes: Sequence[Change]) -> bool:
        names = {"files", *(file.path for file in self.files)}
        return not self._is_local and any(change.attribute in names for change in changes)

    @property
    def _is_local(self) -> bool:
        """Whether its files are a folder on the workstation, or in a bundle: no hub is asked."""
        return self.offline or self.source.startswith("file:")

    def _settled(self, actual: ModelState) -> bool:
        """Whether the filesystem that models must be on is mounted."""
        return not self.mount or actual.mounted == self.mount

    def sentence(self, change: Change, actual: ModelState) -> str:
        if change.attribute != "files":
            return f"{change.attribute} of model {self.name} {change.have}"
        left = format_bytes(actual.free - actual.wanted_by_all)
        after = f", {left} free after" if self._settled(actual) else ""
        come = format_bytes(self.missing_bytes(actual))
        return f"model {self.name} is not on the board: {come} to fetch{after}"

    def effects(self, actual: ModelState, changes: Sequence[Change]) -> Effects:
        del changes
        come, files = self.missing_bytes(actual), actual.files
        gone = sum(files[f.path].size for f in self.suspects(actual) if f.path in files)
        near = bool(self.seeds) or self._is_local
        lan = come if near else 0
        return Effects(internet=come - lan, lan=lan, peak=come, final=come - gone)

    def outlook(self, old: Resource[Any] | None) -> Outlook:
        mine = (self.folder, self.digest)
        same = isinstance(old, Model) and (old.folder, old.digest) == mine
        return Outlook(fetch=0 if same else self._bytes)

    def steps(
        self,
        actual: ModelState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del changes
        self._check_room(actual)
        yield from Fetch(self.within(options.rate), self.suspects(actual)).steps(resolver)

    def _check_room(self, actual: ModelState) -> None:
        coming, free = actual.wanted_by_all, actual.free
        need = needed(coming)
        if need > free:
            raise Refused(
                f"model {self.name} cannot be fetched: {format_bytes(coming)} of models are still "
                f"to come to {self.directory}, where {format_bytes(free)} are free and "
                f"{format_bytes(need - coming)} must stay free; remove what nothing uses "
                "(`jetfleet prune`), or write another models.dir"
            )
