"""What a server answers, within bounds: JSON values, pieces of a generation, and failures."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, NamedTuple

from jetfleet.board.foreign_json import UnreadableJson, read_json

MOST = 500
"""Characters of an answer that are shown."""
ANSWER_BYTES = 16 << 20
"""Most bytes of an answer, or of one event of it."""


class Piece(NamedTuple):
    """What one event of a generation has: text, and tokens and seconds of all so far."""

    text: str
    tokens: int | None = None
    thought: bool = False
    load: float | None = None


Words = Callable[[Dict[str, Any]], Piece]
"""Returns the piece in one event of a generation."""


def cut(text: str) -> str:
    """Return the beginning of a text, up to a blank.

    A part of a secret, which a server may print, would not be recognised as one.
    """
    return text if len(text) <= MOST else text[:MOST].rpartition(" ")[0]


class NotYet(Exception):
    """The server does not answer as it should; `code` is its status, None without any answer."""

    def __init__(self, reason: object, code: int | None = None) -> None:
        super().__init__(str(reason))
        self.code = code


class Broke(Exception):
    """The server began to answer a request and did not end."""


class Wrong(Exception):
    """The server answers, and will not become ready by waiting."""


def read(text: bytes | str) -> Any:
    """Return the value of a JSON document; raise Wrong for another text, or beyond the bounds."""
    try:
        return read_json(text, size=ANSWER_BYTES)
    except UnreadableJson as error:
        raise Wrong(f"the server answered with something other than JSON ({error})") from error


def events(answer: Any, *, streamed: bool) -> Iterator[dict[str, Any]]:
    """Yield the JSON values of an answer: one, or a line each, or as server-sent events."""
    if not streamed:
        yield read(answer.read(ANSWER_BYTES + 1))
        return
    for raw in iter(lambda: answer.readline(ANSWER_BYTES + 1), b""):
        line = raw.decode(errors="replace").strip()
        line = line[5:].strip() if line.startswith("data:") else line
        if line.startswith("{"):
            yield read(line)
