"""What follows a script on its standard input, once the board runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.transport.frame import STARTED
from jetfleet.transport.sudo import Gate

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Sent:
    """What is sent to a board: the text of a script, and pieces that follow it, if any."""

    text: str
    pieces: Iterator[bytes] | None = None

    def gate(self, password: str) -> Gate:
        """Return what holds it back until sudo, if it asks for the password, lets it pass."""
        script = self.text.encode()
        if self.pieces is None:
            return Gate(script, password)
        return Body(script, password, self.pieces)


class Body(Gate):
    """A gate that lets pieces follow its script.

    They wait until the script has started: a shell may read ahead of the commands that it runs, and
    what it has read no other program gets.
    """

    def __init__(self, script: bytes, password: str, pieces: Iterator[bytes]) -> None:
        super().__init__(script, password)
        self._pieces = pieces
        self._runs = False

    def more(self, out: bytes | bytearray, err: bytes | bytearray) -> bytes:
        """Return what is to be sent next: nothing where the script does not run yet."""
        sent = super().more(out, err)
        if sent or self._waits:
            return sent
        self._runs = self._runs or STARTED in out
        return next(self._pieces, b"") if self._runs else b""
