"""A command at a terminal of 80 columns and 24 lines, as a person has it, and what it shows."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LINES, COLUMNS = 24, 80

# A reader who is asked says yes.
ANSWERS = {"[y/N]: ": "y\n", "press enter to execute": "\n"}


@dataclass(frozen=True)
class Shown:
    """How a command ended, and all that came on the terminal, control characters included."""

    status: int
    raw: str

    @property
    def text(self) -> str:
        """What came, without control characters; what was drawn over is in it too."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", self.raw)


def run(
    command: Sequence[str],
    cwd: Path,
    environ: Mapping[str, str],
    answers: Mapping[str, str] = ANSWERS,
    *,
    seconds: float = 280,
) -> Shown:
    """Run a command to its end at a terminal of its own, and answer what it asks, once each.

    An answer may be a control character, such as ``\\x03`` for Ctrl-C.
    """
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    process = subprocess.Popen(
        command, cwd=cwd, env={**os.environ, "TERM": "xterm", **environ}, stdin=its, stdout=its,
        stderr=its, start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no thread here
    )  # fmt: skip
    os.close(its)
    seen, left, end = b"", dict(answers), time.monotonic() + seconds
    try:
        while True:
            assert time.monotonic() < end, seen.decode(errors="replace")
            if not select.select([ours], [], [], 0.1)[0]:
                if process.poll() is None:
                    continue
                break
            try:
                new = os.read(ours, 65536)
            except OSError:  # nobody has the other side any longer
                break
            seen += new
            for prompt in [one for one in left if one.lower().encode() in seen.lower()]:
                os.write(ours, left.pop(prompt).encode())
        return Shown(process.wait(30), seen.decode(errors="replace"))
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        os.close(ours)
