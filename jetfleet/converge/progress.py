"""How a person sees what moves on a board: a bar on a terminal, a line a minute without one."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from jetfleet.text import format_bytes, format_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from jetfleet.steps import Progress

TERMINAL_SECONDS = 3.0
LOG_SECONDS = 60.0
NOTE_SECONDS = 1.0

_WIDTH = 24


class Meter:
    """Turns looks at one running thing into lines, no more often than a person can read them."""

    def __init__(
        self, tell: Callable[[str], None], note: Callable[[Progress], None] = lambda _: None
    ) -> None:
        self._tell = tell
        self._note = note
        self._noted = 0.0
        self._every = TERMINAL_SECONDS if sys.stderr.isatty() else LOG_SECONDS
        self._told = time.monotonic()
        self._first: tuple[float, int] | None = None

    def show(self, progress: Progress) -> None:
        """Tell how it stands, if it is time to."""
        now = time.monotonic()
        if now - self._noted >= NOTE_SECONDS:
            self._noted = now
            self._note(progress)
        if progress.bytes and self._first is None:
            self._first = (now, progress.bytes[0])
        if not progress.line or now - self._told < self._every:
            return
        self._told = now
        if progress.bytes and self._first:
            begun, had = self._first
            rate = (progress.bytes[0] - had) / (now - begun) if now > begun else 0.0
            self._tell(bar(progress.line, *progress.bytes, rate))
        else:
            self._tell(progress.line)


def bar(name: str, have: int, total: int, rate: float) -> str:
    """Return a line with bar, bytes, rate in bytes a second, and the time left."""
    share = min(1.0, have / total) if total else 1.0
    filled = int(share * _WIDTH)
    left = f", {format_duration((total - have) / rate)} left" if rate > 0 and have < total else ""
    return (
        f"{name} {'█' * filled}{'░' * (_WIDTH - filled)} {share:4.0%}  "
        f"{format_bytes(min(have, total))} of {format_bytes(total)}, "
        f"{format_bytes(int(rate))}/s{left}"
    )
