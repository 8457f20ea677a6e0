"""Send a reply: whole, as a range, or with a fault."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twins.standins.hubs.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twins.standins.hubs.exchange import Reply, Request

_CHUNK = 64 * 1024
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_SATISFIABLE, _PARTIAL, _UNSATISFIABLE = 200, 206, 416


@dataclass(frozen=True)
class Outgoing:
    """A reply as it goes out: its header fields, the part of the body from `start` to `end`."""

    status: int
    headers: tuple[tuple[str, str], ...]
    reply: Reply
    start: int
    end: int
    fault: Fault

    @property
    def whole(self) -> bool:
        """Whether the connection can serve another request afterwards."""
        return self.fault.cut is None and not self.fault.length

    def pieces(self) -> Iterator[bytes]:
        """Yield the body, spoiled and slowed as the fault says."""
        end = self.end if self.fault.cut is None else min(self.end, self.start + self.fault.cut)
        size = min(_CHUNK, max(self.fault.rate // 10, 1)) if self.fault.rate else _CHUNK
        for place in range(self.start, end, size):
            piece = self._read(place, min(size, end - place))
            if self.fault.rate:
                time.sleep(len(piece) / self.fault.rate)
            yield self._spoiled(place, piece)

    def _read(self, place: int, count: int) -> bytes:
        if self.reply.file is None:
            return self.reply.body[place : place + count]
        with self.reply.file.open("rb") as file:
            file.seek(place)
            return file.read(count)

    def _spoiled(self, place: int, piece: bytes) -> bytes:
        at = -1 if self.fault.flip is None else self.fault.flip - place
        if not 0 <= at < len(piece):
            return piece
        return piece[:at] + bytes([piece[at] ^ 0xFF]) + piece[at + 1 :]


def outgoing(request: Request, reply: Reply, fault: Fault | None) -> Outgoing:
    """Work out status, header fields and range of a reply."""
    wrong = fault or Fault()
    total = reply.file.stat().st_size if reply.file else len(reply.body)
    status, start, end = reply.status, 0, total
    headers = list(reply.headers)
    if reply.file is not None and status == _SATISFIABLE:
        headers.append(("Accept-Ranges", "bytes"))
        found = None if wrong.ignore_range else _RANGE.fullmatch(request.headers.get("range", ""))
        if found and any(found.groups()):
            start, end = _bounds(found, total)
            status = _PARTIAL if start < end else _UNSATISFIABLE
            shown = f"{start}-{end - 1}" if start < end else "*"
            headers.append(("Content-Range", f"bytes {shown}/{total}"))
    headers.append(("Content-Length", str(end - start + wrong.length)))
    if request.method == "HEAD":
        end = start
    return Outgoing(status, tuple(headers), reply, start, end, wrong)


def _bounds(found: re.Match[str], total: int) -> tuple[int, int]:
    first, last = found.groups()
    if not first:
        return max(total - int(last), 0), total
    start = int(first)
    end = min(int(last) + 1, total) if last else total
    return (start, end) if start < end else (0, 0)
