"""What the survey of images finds: which are there, and the room for others."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pydantic import Field

from jetfleet.resources.base import Row, Unreadable, read_row

if TYPE_CHECKING:
    from collections.abc import Mapping

STOPPED = "the engine does not run"
UNFINISHED = "unfinished "
"""What the survey prints of a stopped engine, and before the unit of a pull that has not ended."""

_ROOM = re.compile(r"room (\d{1,18}) (/.*)")


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


class Found(Row):
    """An image as Docker has it."""

    id: str = Field(alias="Id")
    digests: list[str] | None = Field(alias="RepoDigests")
    tags: list[str] | None = Field(alias="RepoTags")


@dataclass(frozen=True)
class Images:
    """What a survey printed: images by each of their names, and units of pulls without an end."""

    named: Mapping[str, Found]
    unfinished: frozenset[str]
    known: bool
    room: int | None
    root: str

    def state(self, reference: str, tag: str, unit: str) -> ImageState:
        """Return how one image stands."""
        there, named = self.named.get(_short(reference)), self.named.get(_short(tag))
        tagged = there is not None and named is not None and there.id == named.id
        unfinished = unit in self.unfinished
        found = ImageState(there is not None and not unfinished, tagged, unfinished=unfinished)
        return replace(found, known=self.known, room=self.room, root=self.root)


def read_images(text: str) -> Images:
    """Return what the survey printed; raise `Unreadable` for any other line."""
    named: dict[str, Found] = {}
    unfinished: set[str] = set()
    room: int | None = None
    known, root = True, ""
    for line in text.splitlines():
        if line.startswith("{"):
            image = read_row(Found, line, "an image")
            named |= dict.fromkeys((*(image.digests or ()), *(image.tags or ())), image)
        elif match := _ROOM.fullmatch(line):
            room, root = int(match[1]), match[2]
        elif line.startswith(UNFINISHED):
            unfinished.add(line[len(UNFINISHED) :])
        elif line == STOPPED:
            known = False
        elif line:
            raise Unreadable(f"unexpected line in the survey of images: {line[:80]!r}")
    return Images(named, frozenset(unfinished), known, room, root)


def _short(name: str) -> str:
    """Docker itself leaves out ``docker.io/`` and ``library/`` in the names it reports."""
    return name.removeprefix("docker.io/").removeprefix("library/")
