"""An attribute of a resource that differs between two renderings of a host."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from jetfleet.resources.applied import is_removable
from jetfleet.resources.base import ABSENT, Attribute

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
    goes:
        Whether an apply removes from the board what only the old rendering has.

    """

    resource: str
    attribute: str
    have: str
    want: str
    lines: tuple[str, ...] = ()
    diff: tuple[str, ...] = field(default=(), compare=False)
    goes: bool = False

    @property
    def change(self) -> str:
        """``added``, ``changed``, ``removed``, or ``released``.

        What is released stays on the board, no longer managed.
        """
        if self.have == ABSENT:
            return "added"
        left = "removed" if self.goes else "released"
        return left if self.want == ABSENT else "changed"


def rows(
    old: Mapping[str, Resource[Any]],
    new: Mapping[str, Resource[Any]],
    started: AbstractSet[str],
    *,
    removes: bool = False,
) -> Iterator[Row]:
    """Yield the differences between the resources of a host, in the order of their keys.

    Parameters
    ----------
    started:
        The hashes in unit files of what the units were started with. They follow from other
        resources and differ between hosts with the same changes, so a file's diff omits them.
    removes:
        Whether an apply removes what has left the spec.

    """
    for key in sorted(old.keys() | new.keys()):
        have, want = old.get(key), new.get(key)
        if have == want:
            continue
        if have is not None and want is not None:
            yield from _between(key, have, want, started)
        elif want is not None:
            yield from (_row(key, name, None, one, started) for name, one in _chief(want))
        elif have is not None:
            goes = removes and is_removable(key)
            gone = (_row(key, name, one, None, started) for name, one in _chief(have)[:1])
            yield from (replace(row, goes=goes) for row in gone)


def _chief(resource: Resource[Any]) -> list[tuple[str, Attribute]]:
    """Return the attributes that are shown of a resource that is added or released."""
    named = resource.attributes
    return [(name, named[name]) for name in resource.chief or tuple(named)[:1]]


def _between(
    key: str, have: Resource[Any], want: Resource[Any], started: AbstractSet[str]
) -> Iterator[Row]:
    old, new = (
        {name: one for name, one in side.attributes.items() if one.reviewed or one.lines}
        for side in (have, want)
    )
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield _row(key, name, old.get(name), new.get(name), started)


def _row(
    key: str, name: str, have: Attribute | None, want: Attribute | None, started: AbstractSet[str]
) -> Row:
    one = want or have
    if one is not None and one.lines is not None:
        return _of_lines(key, name, have, want, started)
    if one is not None and one.follows:
        other, these = ("other settings", "these settings") if have and want else ("present",) * 2
        return Row(key, name, other if have else ABSENT, these if want else ABSENT)
    return Row(key, name, have.shown if have else ABSENT, want.shown if want else ABSENT)


def _of_lines(
    key: str, name: str, have: Attribute | None, want: Attribute | None, started: AbstractSet[str]
) -> Row:
    if want is None:
        return Row(key, name, "present", ABSENT)
    before, after = _lines(have, started), _lines(want, started)
    diff = tuple(difflib.unified_diff(before, after, n=2, lineterm=""))[2:]
    lines = tuple(line for line in diff if line[:1] in {"+", "-"})
    if have is None:
        return Row(key, name, ABSENT, "present", lines, diff)
    more, less = (sum(line.startswith(sign) for line in lines) for sign in "+-")
    said = f"+{more} -{less} lines" if lines else "another hash of what it starts with"
    return Row(key, name, "present", said, lines, diff)


def _lines(attribute: Attribute | None, started: AbstractSet[str]) -> list[str]:
    text = (attribute.lines or "") if attribute else ""
    for one in started:
        text = text.replace(one, "…") if one in text else text
    lines = text.split("\n")
    return [*lines[:-1], *([lines[-1]] if lines[-1] else [])]
