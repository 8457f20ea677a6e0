"""A container image that is on the board, by its digest where the lock knows it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

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
from jetfleet.resources.image.near import NearImage
from jetfleet.resources.image.state import STOPPED, UNFINISHED, ImageState, read_images
from jetfleet.resources.service import LABEL
from jetfleet.steps import LinkResolver, Run, Steps, Watch
from jetfleet.steps.engine import EngineQuestion
from jetfleet.steps.image_room import PULLS, check_room, free_room, show_room
from jetfleet.steps.near_pull import near_name, served
from jetfleet.steps.pull import Pull, mark_of, pull_script, watch_pull
from jetfleet.steps.registry_login import RegistryLogin, login_script
from jetfleet.steps.shell import words
from jetfleet.steps.transient import has_ended, transient_unit
from jetfleet.text import format_bytes, read_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.resources.model import ImageFiles

ROOM = 3
"""Bytes on disk per compressed byte: the archive and what it unpacks to. Measured pulls of vLLM
images need 2.2 to 2.8 times their compressed size
(https://github.com/dusty-nv/jetson-inference/issues/1569)."""


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
    near:
        Its blobs, which come to the board before the engine pulls them there: from a bundle, or
        from another host of the site. None: Docker pulls from its registry.

    """

    kind: ClassVar[str] = "image"
    moves: ClassVar[frozenset[str]] = frozenset({"digest", "tag"})
    repository: str
    tag: str
    digest: str = ""
    size: int = 0
    root: str = field(default="", repr=False, compare=False)
    login: RegistryLogin | None = field(default=None, repr=False, compare=False)
    near: ImageFiles | None = field(default=None, repr=False)

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
        return self.near.shares if self.near else "internet"

    @property
    def after(self) -> tuple[str, ...]:
        return self.near.after if self.near else ()

    @property
    def blobs_name(self) -> str:
        """The name of the folder in which its blobs come together."""
        short = self.repository.rpartition("/")[2]
        return f"image-{short}-{self.digest.partition(':')[2][:12]}"

    @property
    def reference(self) -> str:
        """What `docker run` is given: by digest, so that a moved tag changes nothing.

        Docker knows a digest only with the repository that it was pulled from.
        """
        name = near_name(self.repository) if self.near else self.repository
        return f"{name}@{self.digest}" if self.digest else self.id

    @property
    def unit(self) -> str:
        """The unit that pulls it."""
        return f"jetfleet-pull-{hashlib.sha256(self.reference.encode()).hexdigest()[:12]}"

    @classmethod
    def survey(cls, resources: Sequence[Image], options: RunOptions) -> str:
        del options
        marks = words(mark_of(r.unit) for r in resources)
        return f"""for mark in {marks}; do
  [ ! -e "$mark" ] && [ ! -L "$mark" ] || echo "{UNFINISHED}${{mark##*/}}"
done
true
"""

    @classmethod
    def engine_question(cls, resources: Sequence[Image]) -> EngineQuestion:
        names = sorted({name for r in resources for name in (r.reference, r.id)})
        room = f"systemctl -q is-active 'jetfleet-pull-*' || {{\n{show_room()}}}\n"
        return EngineQuestion(images=tuple(names), lacking=room, stopped=STOPPED)

    @classmethod
    def read(cls, text: str, resources: Sequence[Image]) -> dict[str, ImageState]:
        found = read_images(text)
        return {r.key: found.state(r.reference, r.id, r.unit) for r in resources}

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
            check_room(self.id, self._peak, actual.room)

    @property
    def _peak(self) -> int:
        """Bytes that it needs while it is pulled; blobs that were brought are there once more."""
        return self.size * (ROOM + bool(self.near))

    def uses_tls(self, changes: Sequence[Change]) -> bool:
        offline = self.near is not None and self.near.offline
        return not offline and any(change.attribute == "digest" for change in changes)

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
        size, final = self.size, self.size * (ROOM - 1)
        if self.near and (self.near.offline or self.near.seeds):
            return Effects(lan=size, peak=self._peak, final=final)
        return Effects(internet=size, peak=self._peak, final=final)

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
        del actual
        if any(change.attribute == "digest" for change in changes):
            unit = self.unit
            free = yield Run(free_room(unit), self.title, seconds=200)
            if free.out.strip() != PULLS:
                check_room(self.id, self._peak, read_count(free.out))
            if self.near:
                yield from self._pull_near(self.near.within(options.rate), resolver)
            else:
                login = login_script(self.login, resolver)
                yield from self._pull(pull_script(unit, self.reference, LABEL, login), login)
        elif self.digest and self.tag:
            yield Run(self._tag, f"Tag {self.id}", joined=True)

    @property
    def _tag(self) -> str:
        names = words([self.reference, self.id])
        return f"docker tag {names}\n" if self.digest and self.tag else ""

    def _pull(self, script: str, login: str = "") -> Steps:
        unit = self.unit
        start = transient_unit(unit, self.title, script + self._tag, private=bool(login))
        yield Run(start, self.title, joined=True)
        pull = Pull(self.id, unit, self.login.user if self.login and login else "")
        yield Watch(
            watch_pull(unit, self.reference),
            self.title,
            pull.judge,
            patience=900,
            ended=has_ended(unit),
        )

    def _pull_near(self, files: ImageFiles, resolver: LinkResolver) -> Steps:
        """Bring its blobs to the board, if they are not there; pull from them."""
        near = NearImage(self.id, self.repository, self.digest, files)
        folders = yield from near.bring(resolver)
        script = pull_script(self.unit, self.reference, LABEL)
        yield from self._pull(served(self.unit, folders, script))
        yield from near.clean()
