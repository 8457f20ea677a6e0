"""Bringing a file of the workstation to a board, from the byte that the board has."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.board import program
from jetfleet.steps import Lost, Progress, Refused, Result, Upload, failure
from jetfleet.steps.shell import words
from jetfleet.text import read_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.converge.progress import Meter
    from jetfleet.converge.remote import Remote

PIECE = 1 << 18
"""Bytes that are read at once."""

RENEWED_SECONDS = 20
"""How often the board renews the lease of the run while bytes arrive."""

TRIES = 3
"""How often a connection may be lost before a byte has arrived."""

_SLOWEST = 8192
"""Bytes a second of the slowest link that is waited for."""


def upload(step: Upload, remote: Remote, meter: Meter) -> Result:
    """Bring the whole file; `Refused` if it cannot be read here or written there.

    It is one stream, with no wait for an answer in between: over a link with a long round trip, a
    wait for each piece would cost more than the piece. The board appends only what follows the
    bytes that it has, so nothing is written twice where a connection broke.
    """
    local = Path(step.local)
    try:
        if local.stat().st_size != step.size:
            raise Refused(
                f"{local} is not the file that was locked: restore it, or accept it with "
                "`jetfleet lock SPEC --upgrade MODEL`"
            )
        have, lost = _size(step, remote), 0
        while have < step.size:
            had = have
            try:
                have = _append(step, remote, meter, have)
            except Lost:
                lost += 1
                have = _size(step, remote)
                if lost == TRIES:
                    raise
            lost = 0 if have > had else lost
            if have == had and not lost:
                raise Refused(f"{step.title}: the board takes no byte of {step.remote}")
    except OSError as error:
        raise Refused(f"{local} cannot be read: {error.strerror}") from error
    return Result(ok=True)


def _size(step: Upload, remote: Remote) -> int:
    path = words([step.remote])
    result = remote.query(
        f"""mkdir -p -- "$(dirname -- {path})"
[ -f {path} ] && [ ! -L {path} ] || rm -rf -- {path}
stat -c %s -- {path} 2>/dev/null || echo 0
""",
        step.title,
    )
    if not result.ok:
        raise Refused(f"{step.title}: {failure(result)}")
    have = read_count(result.out)
    return have if have <= step.size else 0


def _append(step: Upload, remote: Remote, meter: Meter, have: int) -> int:
    """Send what the board does not have; return how many bytes it has then."""
    given = words([step.remote, str(have), str(step.size), str(RENEWED_SECONDS)])
    script = f"renew() {{\n{remote.renewal}}}\nset -- {given}\n{program('receive.sh')}"
    seconds = 60 + (step.size - have) // min(_SLOWEST, step.rate or _SLOWEST)
    result = remote.send(script, step.title, seconds, _pieces(step, meter, have))
    if not result.ok:
        raise Refused(f"{step.title}: {failure(result)}")
    if result.err.strip() and read_count(result.out) <= have:
        raise Refused(f"{step.title}: {failure(result)}")
    return read_count(result.out)


def _pieces(step: Upload, meter: Meter, have: int) -> Iterator[bytes]:
    """Yield the rest of the file, at most at its rate."""
    # A piece is a fraction of a second's worth, so that a link for other things has it in between.
    size = min(PIECE, max(1, step.rate // 4)) if step.rate else PIECE
    begun, first = time.monotonic(), have
    with Path(step.local).open("rb") as file:
        file.seek(have)
        while piece := file.read(size):
            have += len(piece)
            meter.show(Progress(line=step.title, bytes=(have, step.size)))
            yield piece
            if step.rate:
                due = begun + (have - first) / step.rate
                time.sleep(max(0.0, due - time.monotonic()))
