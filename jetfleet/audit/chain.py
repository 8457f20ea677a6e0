"""The chain of an audit log: each line has the hash of the one before it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from jetfleet.text import UnreadableJson, printable, read_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jetfleet.audit.heads import Head

FIRST = "0" * 64
"""What the first line of all has in place of a hash."""

_HASH = re.compile(r"[0-9a-f]{64}")
_LONGEST = 200
"""Characters of a value that are shown."""


@dataclass(frozen=True)
class Line:
    """One line.

    Parameters
    ----------
    number:
        Its place in what was read, from 1.
    seq:
        Its own number; 0 if it cannot be read.
    prev:
        The hash that it has of the line before.
    hash:
        Its own.
    ended:
        Whether a line end follows.
    fields:
        What it says, each a printable text.

    """

    number: int
    seq: int
    prev: str
    hash: str
    ended: bool
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What people read of which line it is."""
        return f"line {self.seq}" if self.seq else f"the line in place {self.number}"


@dataclass(frozen=True)
class Finding:
    """Something about a log.

    Parameters
    ----------
    kind:
        ``changed``: a line is not as it was written, is missing, or was put in; ``cut``: the end is
        gone; ``half``: a power cut left a line half, and the chain goes on.
    line:
        Number of the line; 0 if it has none.

    """

    kind: Literal["changed", "cut", "half"]
    line: int
    sentence: str


def read_lines(text: bytes) -> tuple[Line, ...]:
    """Return the lines of a log, whatever is in them."""
    listed = text.removesuffix(b"\n").split(b"\n") if text else []
    ended = len(listed) - (not text.endswith(b"\n"))
    return tuple(_line(number, one, number <= ended) for number, one in enumerate(listed, 1))


def findings(
    lines: Sequence[Line], heads: Sequence[Head] = (), *, whole: bool = True
) -> tuple[Finding, ...]:
    """Return what is wrong with a log, and which lines a power cut left half.

    Parameters
    ----------
    heads:
        What was seen of it before.
    whole:
        Whether it has never been long enough for its beginning to be left out.

    """
    found = {one.line: one for one in _against_heads(lines, heads)}
    for one in _in_chain(lines, {head.seq: head.head for head in heads}, whole=whole):
        found.setdefault(one.line, one)
    return tuple(sorted(found.values(), key=lambda one: one.line))


def _line(number: int, text: bytes, ended: bool) -> Line:  # noqa: FBT001
    own = hashlib.sha256(text).hexdigest()
    try:
        fields = read_object(text)
        seq, prev = fields.pop("seq"), fields.pop("prev")
        is_line = isinstance(seq, int) and seq > 0 and bool(_HASH.fullmatch(prev))
    except (UnreadableJson, ValueError, LookupError, TypeError):
        is_line = False
    if not is_line:
        return Line(number, 0, "", own, ended)
    shown = {printable(name): printable(str(one))[:_LONGEST] for name, one in fields.items()}
    return Line(number, seq, prev, own, ended, shown)


def _in_chain(lines: Sequence[Line], heads: Mapping[int, str], *, whole: bool) -> Iterator[Finding]:
    if lines and lines[0].seq and (lines[0].prev != FIRST if lines[0].seq == 1 else whole):
        yield Finding("changed", 1, "its beginning is missing, or was changed")
    for at, line in enumerate(lines):
        after = lines[at + 1] if at + 1 < len(lines) else None
        follows = after is not None and after.prev == line.hash
        if not line.seq and (follows or not line.ended):
            said = "a power cut left it half" + (", and the chain goes on" if follows else "")
            yield Finding("half", _seq_at(lines, at), f"{line.name}: {said}")
        elif not line.seq or (after is not None and after.seq and not follows):
            yield _broken(lines, at, heads)


def _broken(lines: Sequence[Line], at: int, heads: Mapping[int, str]) -> Finding:
    """Return what happened where the line after this one has another hash for it."""
    line, own = lines[at], _seq_at(lines, at)
    after = lines[at + 1] if at + 1 < len(lines) else None
    if after is None or not line.seq or own != line.seq:
        return Finding("changed", own, f"line {own} was changed")
    if after.seq > own + 1:
        last = after.seq - 1
        many = f"lines {own + 1} to {last} are" if last > own + 1 else f"line {last} is"
        return Finding("changed", own + 1, f"{many} missing")
    if after.seq <= own:
        return Finding("changed", own, f"line {after.seq} stands after line {own}")
    # The hash that the next line has is wrong where that one was changed itself.
    vouched = after.hash in {
        heads.get(after.seq),
        lines[at + 2].prev if at + 2 < len(lines) else "",
    }
    is_last = at + 2 == len(lines) and after.seq not in heads
    if is_last and heads.get(own) != line.hash:
        return Finding("changed", own, f"line {own} or line {after.seq} was changed")
    changed = own if vouched else after.seq
    return Finding("changed", changed, f"line {changed} was changed")


def _seq_at(lines: Sequence[Line], at: int) -> int:
    """Return the number that a line must have by the one before it, if that one vouches for it."""
    if not at and lines[at].prev == FIRST:
        return 1
    if not at or not lines[at - 1].seq:
        return lines[at].seq or at + 1
    before, line = lines[at - 1], lines[at]
    return before.seq + 1 if not line.seq or line.prev == before.hash else line.seq


def _against_heads(lines: Sequence[Line], heads: Sequence[Head]) -> Iterator[Finding]:
    by_seq = {_seq_at(lines, at): line for at, line in enumerate(lines)}
    first, last = min(by_seq, default=0), max(by_seq, default=0)
    for head in heads:
        if head.seq > last:
            ends = f"it ends with line {last}" if last else "it is empty"
            said = f"{ends}, and line {head.seq} was seen at {head.seen}: its end was cut off"
            yield Finding("cut", head.seq, said)
        elif head.seq >= first and (head.seq not in by_seq or by_seq[head.seq].hash != head.head):
            yield Finding("changed", head.seq, f"line {head.seq} is not as it was at {head.seen}")
