"""One attribute of one resource that two renderings of a host have differently."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jetfleet.diff.told import ABSENT, STARTED, attributes, told
from jetfleet.resources import File, Leftovers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from jetfleet.resources import Resource


@dataclass(frozen=True)
class Row:
    """One attribute: have, want, and for a file its unified diff.

    Parameters
    ----------
    resource:
        The resource's key, such as ``file:/etc/docker/daemon.json``.
    have, want:
        As people read them; ``absent`` is on one side of what comes or goes.
    lines:
        The lines of a file that come and go, with their signs: by these two changes are the same.
    diff:
        A unified diff without its two head lines; lines around the change may differ by host.

    """

    resource: str
    attribute: str
    have: str
    want: str
    lines: tuple[str, ...] = ()
    diff: tuple[str, ...] = field(default=(), compare=False)

    @property
    def change(self) -> str:
        """``added``, ``changed``, or ``released`` for what stays on the board, unmanaged."""
        if self.have == ABSENT:
            return "added"
        return "released" if self.want == ABSENT else "changed"


def rows(
    old: Mapping[str, Resource[Any]], new: Mapping[str, Resource[Any]], started: AbstractSet[str]
) -> Iterator[Row]:
    """Yield what differs between the resources of a host, in the order of their keys.

    `started` holds the hashes by which units know what they were started with. They follow from
    all else and differ between hosts on which the same changes, so a file's diff leaves them out.
    """
    for key in sorted(old.keys() | new.keys()):
        have, want = old.get(key), new.get(key)
        if have == want or isinstance(have or want, Leftovers):
            continue
        if isinstance(have or want, File):
            yield from _of_file(key, have, want, started)
        elif have is not None and want is not None:
            yield from _of_values(key, have, want)
        elif want is not None:
            yield from (Row(key, name, ABSENT, words) for name, words in told(want).items())
        elif have is not None:
            name, words = next(iter(told(have).items()))
            yield Row(key, name, words, ABSENT)


def _of_values(key: str, have: Resource[Any], want: Resource[Any]) -> Iterator[Row]:
    old, new = attributes(have), attributes(want)
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) == new.get(name):
            continue
        if name in STARTED:
            yield Row(key, name, "other settings", "these settings")
        else:
            yield Row(key, name, old.get(name, ABSENT), new.get(name, ABSENT))


def _of_file(key: str, have: Any, want: Any, started: AbstractSet[str]) -> Iterator[Row]:  # noqa: ANN401
    before, after = _lines(have, started), _lines(want, started)
    diff = tuple(difflib.unified_diff(before, after, n=2, lineterm=""))[2:]
    lines = tuple(line for line in diff if line[:1] in {"+", "-"})
    if have is None:
        yield Row(key, "content", ABSENT, "present", lines, diff)
    elif want is None:
        yield Row(key, "content", "present", ABSENT)
    elif have.content != want.content:
        more, less = (sum(line.startswith(sign) for line in lines) for sign in "+-")
        said = f"+{more} -{less} lines" if lines else "another hash of what it starts with"
        yield Row(key, "content", "present", said, lines, diff)
    if have is None or want is None:
        return
    yield from _of_values(key, have, want)


def _lines(file: File | None, started: AbstractSet[str]) -> list[str]:
    text = file.content if file else ""
    for one in started:
        text = text.replace(one, "…") if one in text else text
    lines = text.split("\n")
    return [*lines[:-1], *([lines[-1]] if lines[-1] else [])]
