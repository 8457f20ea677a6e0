"""Bringing a file of the workstation to a board in pieces, from the byte that the board has."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.steps import Progress, Refused, Result, Upload, failure
from jetfleet.steps.shell import words
from jetfleet.text import read_count

if TYPE_CHECKING:
    from jetfleet.converge.progress import Meter
    from jetfleet.converge.remote import Remote

PIECE = 8 * 2**20
"""Bytes of a piece: what a lost connection costs at most."""


def upload(step: Upload, remote: Remote, meter: Meter) -> Result:
    """Bring the whole file; `Refused` if it cannot be read here or written there.

    Each piece is appended only if the file on the board is as long as expected, so that a piece
    that arrived before its connection broke is not written twice.
    """
    local = Path(step.local)
    # With a limit a piece is a second's worth, so that a link for other things has it in between.
    piece = min(PIECE, step.rate or PIECE)
    try:
        if local.stat().st_size != step.size:
            raise Refused(
                f"{local} is not the file that was locked: restore it, or accept it with "
                "`jetfleet lock SPEC --upgrade MODEL`"
            )
        with local.open("rb") as file:
            have = _size(step, remote)
            while have < step.size:
                began, had = time.monotonic(), have
                file.seek(have)
                have = _append(step, remote, file.read(piece), have)
                meter.show(Progress(line=step.title, bytes=(have, step.size)))
                if step.rate:
                    time.sleep(max(0.0, (have - had) / step.rate - (time.monotonic() - began)))
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


def _append(step: Upload, remote: Remote, piece: bytes, have: int) -> int:
    path = words([step.remote])
    script = f"""set -eu
now=$(stat -c %s -- {path} 2>/dev/null || echo 0)
if [ "$now" = {have} ] || [ {have} = 0 ]; then
  # It may be a link to the file of another revision: that one is not written into.
  [ {have} != 0 ] || rm -f -- {path}
  base64 -d >> {path} <<'JETFLEET_END'
{base64.encodebytes(piece).decode()}JETFLEET_END
  sync -- {path}
fi
stat -c %s -- {path}
"""
    result = remote.query(script, step.title)
    if not result.ok:
        raise Refused(f"{step.title}: {failure(result)}")
    return read_count(result.out)
