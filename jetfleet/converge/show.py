"""What a board prints, as `pyinfra -vv` shows it: line by line, without what frames it."""

from __future__ import annotations

from pyinfra.api.output import echo

from jetfleet.redaction import redact
from jetfleet.text import printable
from jetfleet.transport.frame import FRAME

_LINE = 10_000
"""Bytes of a line that are shown."""


class Shown:
    """Shows lines as they come, each safe to print and behind the host's name."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._rest = {"stdout": bytearray(), "stderr": bytearray()}

    def show(self, stream: str, data: bytes) -> None:
        """Show the lines that are complete now."""
        whole, newline, rest = data.rpartition(b"\n")
        if not newline:
            self._rest[stream] += data
            return
        self._lines(bytes(self._rest[stream]) + whole)
        self._rest[stream] = bytearray(rest)

    def close(self) -> None:
        """Show what has no line end."""
        for rest in self._rest.values():
            self._lines(bytes(rest))
            rest.clear()

    def _lines(self, text: bytes) -> None:
        for line in text.split(b"\n"):
            # Redacted before it is cut: of a part of a secret nothing would be recognised.
            shown = redact(line[: 2 * _LINE].decode(errors="replace"))[:_LINE]
            if shown.strip() and not shown.startswith(f"{FRAME} "):
                echo(f"{self._prefix}{printable(shown)}", err=True)
