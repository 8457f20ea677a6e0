"""Show a run while it goes on: one line for each host on a terminal, else one for each event."""

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

    from jetfleet.apply.now import Tail
    from jetfleet.events.host import Activity, HostRun

REFRESH_SECONDS = 0.25
LOG_SECONDS = 60.0

LOGGED = {"surveyed", "started", "rebooted", "failed", "refused", "unreachable", "verified"}
"""Events that are a line in a log; progress is one each `LOG_SECONDS`."""


class Display:
    """Shows a run while it goes on; `tick` is called often."""

    def __init__(self, tail: Tail, console: Console) -> None:
        self._tail = tail
        self._console = console
        self._drawn = 0.0
        self._logged: dict[str, float] = {}
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
        """Read new events, and show them if it is time to."""
        now = time.monotonic()
        for host, event in self._tail.new():
            if self._live:
                continue
            last = self._logged.get(host.name, now)
            stale = event.event == "progress" and now - last >= LOG_SECONDS
            if stale or event.event in LOGGED:
                self._logged[host.name] = now
                self._line(host)
        if self._live and now - self._drawn >= REFRESH_SECONDS:
            self._drawn = now
            self._live.update(self._table(), refresh=True)

    def _line(self, host: HostRun) -> None:
        doing = host.activity
        parts = [f"{_phase(host)}: {doing.title}", _bytes(doing), doing.line]
        text = ", ".join(printable(part) for part in parts if part)
        stamp = time.strftime("%H:%M:%S")
        self._console.print(Text(f"{stamp} {host.name}: {text}"), soft_wrap=True)

    def _table(self) -> Table:
        # The rest of the width is for what is under way, so that columns stay where they are.
        table = Table("host", "phase", Column("resource", ratio=1), "bytes", "time", expand=True)
        for host in self._tail.hosts.values():
            doing = host.activity
            spent = format_duration(time.time() - doing.since) if doing.since else ""
            title = f"{doing.title} {doing.line}" if doing.line else doing.title
            cells = (host.name, _phase(host), title, _bytes(doing), spent)
            table.add_row(*(Text(printable(c), no_wrap=True, overflow="ellipsis") for c in cells))
        return table


def _phase(host: HostRun) -> str:
    """Return the state of a host that has ended badly, else its phase."""
    bad = host.failures or host.unreachable or host.refusals
    return host.state if bad else host.phase or "waiting"


def _bytes(doing: Activity) -> str:
    if not doing.bytes:
        return ""
    have, total = doing.bytes
    if total is None:
        return format_bytes(have)
    return f"{format_bytes(min(have, total))} of {format_bytes(total)}"
