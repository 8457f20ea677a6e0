"""Images that jetfleet has pulled and the spec no longer has, and which of them are in use."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jetfleet.steps.last_ready import READY, SERVICES
from jetfleet.steps.shell import ENGINE_RUNS
from jetfleet.text import read_count

if TYPE_CHECKING:
    from collections.abc import Iterable

_REFERENCE = re.compile(r"[a-z0-9][a-z0-9._:/-]{0,254}@sha256:[0-9a-f]{64}")
_TAG = re.compile(r"[a-z0-9][a-z0-9._:/-]{0,254}:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")

_DIGESTS = (
    "size {{.Id}} {{.Size}} {{.Metadata.LastTagTime}}\n"
    "{{$id := .Id}}{{range .RepoDigests}}image {{$id}} {{.}}\n{{end}}"
)
_SIZE = re.compile(r"size (sha256:[0-9a-f]{64}) ([0-9]{1,15}) (.{0,60})")
SURVEY = f"""if {ENGINE_RUNS}; then
  docker ps -aq |
    xargs -r docker container inspect -f 'runs {{{{.Name}}}} {{{{.Image}}}}'
  docker images -q --no-trunc | sort -u |
    xargs -r docker image inspect -f '{_DIGESTS}'
fi
for kept in {SERVICES}/*/{READY}; do
  name=${{kept%/*}}
  [ ! -f "$kept" ] ||
    grep -aohE 'sha256:[0-9a-f]{{64}}' "$kept" | sort -u | sed "s|^|ready ${{name##*/}} |"
done
"""
"""Shell text that prints the images of a board, its containers, and what was last ready."""


@dataclass(frozen=True)
class Images:
    """What a board's engine has.

    Parameters
    ----------
    ids:
        Id of each image by its references, in short form.
    used:
        Pairs of a container and the id of its image, and of a service and the digest of the image
        with which it was last ready.
    sizes:
        Bytes of each image by its id; what images share counts for each of them.
    tagged:
        When each image got its last name, as a text that sorts.

    """

    ids: dict[str, str]
    used: frozenset[tuple[str, str]] = frozenset()
    sizes: dict[str, int] = field(default_factory=dict)
    tagged: dict[str, str] = field(default_factory=dict)

    def is_free(self, reference: str, leaving: Iterable[str]) -> bool:
        """Tell whether an image is there, and nothing needs it but services that are leaving."""
        names = set(leaving)
        its = {self.ids.get(short(reference), ""), reference.partition("@")[2]}
        needed = any(name not in names and one in its for name, one in self.used)
        return short(reference) in self.ids and not needed

    def over(self, free: Iterable[str], most: int) -> frozenset[str]:
        """Return those of some references that go, the oldest first, until `most` bytes are left.

        An image of several references goes with the last of them.
        """
        total = sum(self.sizes.values())
        by_id: dict[str, list[str]] = {}
        for reference in free:
            by_id.setdefault(self.ids[short(reference)], []).append(reference)
        going: list[str] = []
        for number in sorted(by_id, key=lambda one: (self.tagged.get(one, ""), one)):
            if total <= most:
                break
            going += by_id[number]
            total -= self.sizes.get(number, 0)
        return frozenset(going)


def read_images(lines: Iterable[str]) -> Images | None:
    """Return what `SURVEY` printed; None if it printed no image."""
    ids: dict[str, str] = {}
    used: set[tuple[str, str]] = set()
    sizes: dict[str, int] = {}
    tagged: dict[str, str] = {}
    for line in lines:
        if found := _SIZE.fullmatch(line):
            sizes[found[1]], tagged[found[1]] = read_count(found[2]), found[3]
            continue
        word, _, rest = line.partition(" ")
        first, _, second = rest.partition(" ")
        if word == "image":
            ids[second] = first
        elif word in {"runs", "ready"}:
            used.add((first.lstrip("/"), second))
    return Images(ids, frozenset(used), sizes, tagged) if ids else None


def is_reference(text: str) -> bool:
    """Tell whether a text names an image by its digest."""
    return _REFERENCE.fullmatch(text) is not None


def is_tag(text: str) -> bool:
    """Tell whether a text names an image by its tag."""
    return _TAG.fullmatch(text) is not None


def short(reference: str) -> str:
    """Return a reference as Docker shows it, without what Docker itself leaves out."""
    return reference.removeprefix("docker.io/").removeprefix("library/")
