"""A container image that is on the board, by its digest where the lock knows it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from jetfleet.resources.base import (
    ABSENT,
    Attribute,
    Attributes,
    Change,
    Effects,
    Outlook,
    Resource,
    Row,
    RunOptions,
    Unreadable,
    read_row,
)
from jetfleet.resources.service import LABEL
from jetfleet.steps import LinkResolver, Run, Steps, Watch
from jetfleet.steps.image_room import PULLS, check_room, free_room, show_room
from jetfleet.steps.pull import Pull, mark_of, pull_script, watch_pull
from jetfleet.steps.registry_login import RegistryLogin, login_script
from jetfleet.steps.shell import ENGINE_RUNS, words
from jetfleet.steps.transient import transient_unit
from jetfleet.text import format_bytes, read_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOM = 3
"""Bytes on disk per compressed byte: the archive and what it unpacks to. Measured pulls of vLLM
images need 2.2 to 2.8 times their compressed size
(https://github.com/dusty-nv/jetson-inference/issues/1569)."""


IMAGE = '{"Id":{{json .Id}},"RepoDigests":{{json .RepoDigests}},"RepoTags":{{json .RepoTags}}}'

_ROOM = re.compile(r"room (\d{1,18}) (/.*)")
_STOPPED = "the engine does not run"
_UNFINISHED = "unfinished "


@dataclass(frozen=True)
class ImageState:
    """Whether it is there, and whether its tag names it; nothing is known without the engine.

    Parameters
    ----------
    unfinished:
        A pull of it did not end: what is there may be damaged, and does not count as present.
    room, root:
        Free bytes where the engine keeps images (also if that is containerd's image store), and
        that folder; None and empty if they are not known, and while a pull takes of them.

    """

    present: bool
    tagged: bool
    known: bool = True
    unfinished: bool = False
    room: int | None = None
    root: str = ""


@dataclass(frozen=True)
class Image(Resource[ImageState]):
    """An image in the board's Docker engine.

    Parameters
    ----------
    repository, tag:
        Such as ``nvcr.io/nvidia/vllm`` and ``26.01-py3``; the tag may be empty beside a digest.
    digest:
        ``sha256:…`` from the lock or the spec, or empty while it is not known.
    size:
        Compressed bytes from the lock, 0 if not known.
    root:
        The folder of the engine in the spec; empty: the board's own.
    login:
        The login of its registry; None if it is pulled without one.

    """

    kind: ClassVar[str] = "image"
    moves: ClassVar[frozenset[str]] = frozenset({"digest", "tag"})
    repository: str
    tag: str
    digest: str = ""
    size: int = 0
    root: str = field(default="", repr=False, compare=False)
    login: RegistryLogin | None = field(default=None, repr=False, compare=False)

    @property
    def id(self) -> str:
        return f"{self.repository}:{self.tag}" if self.tag else f"{self.repository}@{self.digest}"

    @property
    def title(self) -> str:
        return f"Pull {self.id}"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ("daemon:*", "filesystem:*")

    @property
    def shares(self) -> str:
        return "internet"

    @property
    def reference(self) -> str:
        """What `docker run` is given: by digest, so that a moved tag changes nothing."""
        return f"{self.repository}@{self.digest}" if self.digest else self.id

    @property
    def unit(self) -> str:
        """The unit that pulls it."""
        return f"jetfleet-pull-{hashlib.sha256(self.reference.encode()).hexdigest()[:12]}"

    @classmethod
    def survey(cls, resources: Sequence[Image], options: RunOptions) -> str:
        del options
        references = words(sorted({name for r in resources for name in (r.reference, r.id)}))
        marks = words(mark_of(r.unit) for r in resources)
        return f"""for mark in {marks}; do
  [ ! -e "$mark" ] && [ ! -L "$mark" ] || echo "{_UNFINISHED}${{mark##*/}}"
done
if {ENGINE_RUNS}; then docker image inspect -f '{IMAGE}' {references} || {{
    systemctl -q is-active 'jetfleet-pull-*' || {{
{show_room()}}}; }}
else echo '{_STOPPED}'
fi
true
"""

    @classmethod
    def read(cls, text: str, resources: Sequence[Image]) -> dict[str, ImageState]:
        found: dict[str, _Found] = {}
        room: dict[str, Any] = {}
        unfinished: set[str] = set()
        for line in text.splitlines():
            if line.startswith("{"):
                image = read_row(_Found, line, "an image")
                for name in (*(image.digests or ()), *(image.tags or ())):
                    found[name] = image
            elif match := _ROOM.fullmatch(line):
                room = {"room": int(match[1]), "root": match[2]}
            elif line.startswith(_UNFINISHED):
                unfinished.add(line[len(_UNFINISHED) :])
            elif line and line != _STOPPED:
                raise Unreadable(f"unexpected line in the survey of images: {line[:80]!r}")
        known = _STOPPED not in text.splitlines()
        states = {r: _state(_short(r), found, unfinished=r.unit in unfinished) for r in resources}
        return {r.key: replace(state, known=known, **room) for r, state in states.items()}

    def desired(self) -> Attributes:
        return {"digest": self._named(), "tag": replace(self._named(), reviewed=False)}

    def observed(self, actual: ImageState) -> Attributes:
        if not actual.present:
            return {"digest": ABSENT}
        tag = self._named() if actual.tagged else "another image"
        return {"digest": self._named(), "tag": tag}

    def settled(self, actual: ImageState) -> ImageState:
        """Return an image as present while the engine is stopped: its daemon differs, not it."""
        return actual if actual.known else ImageState(present=True, tagged=True)

    def hidden(self, actual: ImageState) -> ImageState:
        """Return an image that must be pulled again: the engine gets another folder."""
        return ImageState(present=False, tagged=False) if actual.known else actual

    def _named(self) -> Attribute:
        if not self.digest:
            return Attribute(None, "not locked")
        size = f", {format_bytes(self.size)}" if self.size else ""
        return Attribute(self.digest, f"{Attribute(self.digest).shown}{size}")

    def details(self) -> Mapping[str, Any]:
        return {"bytes": self.size or None}

    def refuse(self, actual: ImageState, options: RunOptions) -> None:
        del options
        # Where the plan moves the engine's folder, its room is known only once it has moved.
        if not actual.present and actual.room is not None and self.root in {"", actual.root}:
            check_room(self.id, self.size * ROOM, actual.room)

    def uses_tls(self, changes: Sequence[Change]) -> bool:
        return any(change.attribute == "digest" for change in changes)

    def sentence(self, change: Change, actual: ImageState) -> str:
        if actual.unfinished:
            return f"the pull of image {self.id} has not ended: what is there may be damaged"
        if not actual.present:
            return f"image {self.id} is not on the board"
        if change.attribute == "tag":
            return f"the tag {self.id} names another image"
        return super().sentence(change, actual)

    def effects(self, actual: ImageState, changes: Sequence[Change]) -> Effects:
        del changes
        if actual.present:
            return Effects()
        size = self.size
        return Effects(internet=size, peak=size * ROOM, final=size * (ROOM - 1))

    def outlook(self, old: Resource[Any] | None) -> Outlook:
        same = isinstance(old, Image) and old.digest == self.digest
        return Outlook(fetch=0 if same else self.size)

    def steps(
        self,
        actual: ImageState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, options
        if any(change.attribute == "digest" for change in changes):
            unit = self.unit
            free = yield Run(free_room(unit), self.title, seconds=200)
            if free.out.strip() != PULLS:
                check_room(self.id, self.size * ROOM, read_count(free.out))
            login = login_script(self.login, resolver)
            script = pull_script(unit, self.reference, LABEL, login)
            yield Run(transient_unit(unit, self.title, script, private=bool(login)), self.title)
            watch = watch_pull(unit, self.reference)
            pull = Pull(self.id, unit, self.login.user if self.login and login else "")
            yield Watch(watch, self.title, pull.judge, patience=900)
        if self.digest and self.tag:
            yield Run(f"exec docker tag {words([self.reference, self.id])}\n", f"Tag {self.id}")


class _Found(Row):
    """An image as Docker has it."""

    id: str = Field(alias="Id")
    digests: list[str] | None = Field(alias="RepoDigests")
    tags: list[str] | None = Field(alias="RepoTags")


def _state(image: Image, found: Mapping[str, _Found], *, unfinished: bool) -> ImageState:
    there, named = found.get(image.reference), found.get(image.id)
    tagged = there is not None and named is not None and there.id == named.id
    return ImageState(there is not None and not unfinished, tagged, unfinished=unfinished)


def _short(image: Image) -> Image:
    """Docker itself leaves out ``docker.io/`` and ``library/`` in the names it reports."""
    name = image.repository.removeprefix("docker.io/").removeprefix("library/")
    return Image(name, image.tag, image.digest, image.size)
