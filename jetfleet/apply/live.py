"""How a person sees a run: a line a host on a terminal, one line an event where there is none."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.live import Live
from rich.table import Column, Table
from rich.text import Text

from jetfleet.text import format_bytes, format_duration, printable

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console

    from jetfleet.apply.now import Now, Tail

REFRESH_SECONDS = 0.25
LOG_SECONDS = 60.0


class Display:
    """Shows a run while it goes on; `tick` is called often."""

    def __init__(self, tail: Tail, console: Console) -> None:
        self._tail = tail
        self._console = console
        self._drawn = 0.0
        self._told: dict[str, float] = {}
        self._live = (
            Live(console=console, auto_refresh=False, transient=True)
            if console.is_terminal
            else None
        )

    def __enter__(self) -> Display:  # noqa: PYI034 - Self is of Python 3.11
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.tick()
        if self._live:
            self._live.stop()

    def tick(self) -> None:
        """Take what has come, and show it if it is time to."""
        now = time.monotonic()
        for host, row, worth in self._tail.new():
            if self._live:
                continue
            told = self._told.get(host.host, now)
            if worth or (row["outcome"] == "progress" and now - told >= LOG_SECONDS):
                self._told[host.host] = now
                self._line(host)
        if self._live and now - self._drawn >= REFRESH_SECONDS:
            self._drawn = now
            self._live.update(self._table(), refresh=True)

    def _line(self, host: Now) -> None:
        parts = [f"{host.phase}: {host.at}", _bytes(host), host.line]
        text = ", ".join(printable(part) for part in parts if part)
        stamp = time.strftime("%H:%M:%S")
        self._console.print(Text(f"{stamp} {host.host}: {text}"), soft_wrap=True)

    def _table(self) -> Table:
        # The rest of the width is for what is under way, so that columns stay where they are.
        table = Table("host", "phase", Column("resource", ratio=1), "bytes", "time", expand=True)
        for host in self._tail.hosts.values():
            spent = format_duration(time.time() - host.since) if host.since else ""
            at = f"{host.at} {host.line}" if host.line else host.at
            cells = (host.host, host.phase, at, _bytes(host), spent)
            table.add_row(*(Text(printable(c), no_wrap=True, overflow="ellipsis") for c in cells))
        return table


def _bytes(host: Now) -> str:
    if not host.bytes:
        return ""
    have, total = host.bytes
    return f"{format_bytes(min(have, total))} of {format_bytes(total)}"
