"""What a server answers, within bounds: JSON values, pieces of a generation, and failures."""

from __future__ import annotations

import re
import time
from typing import Any, Callable, Dict, Iterator, NamedTuple

from jetfleet.board.foreign_json import UnreadableJson, read_json
from jetfleet.board.printable import printable

MOST = 500
"""Characters of an answer that are shown."""
ANSWER_BYTES = 16 << 20
"""Most bytes of an answer, all its events together."""
TEXT = 4000
"""Most characters of a generation that are kept."""
UNSUPPORTED = (400, 404, 405, 501)
"""Statuses with which servers say that their model is not made for a request."""
_UNSUPPORTED = re.compile(r"does not support|not found|not implemented", re.IGNORECASE)
NANOSECONDS = 10**9
"""In a second."""
PART = 1 << 16
"""Bytes of an answer that are read at once."""


class Piece(NamedTuple):
    """What one event of a generation has: text, and tokens and seconds of all so far."""

    text: str
    tokens: int | None = None
    thought: bool = False
    load: float | None = None


Words = Callable[[Dict[str, Any]], Piece]
"""Returns the piece in one event of a generation."""


def cut(text: str, most: int = MOST) -> str:
    """Return the beginning of a text as one printable line, up to a blank.

    A part of a secret, which a server may print, would not be recognised as one.
    """
    plain = printable(text[: most + 1])
    return plain if len(plain) <= most else plain[:most].rpartition(" ")[0]


class NotYet(Exception):
    """The server does not answer as it should; `code` is its status, None without any answer."""

    def __init__(self, reason: object, code: int | None = None) -> None:
        super().__init__(str(reason))
        self.code = code


class Broke(Exception):
    """The server began to answer a request and did not end."""


class Wrong(Exception):
    """The server answers, and will not become ready by waiting."""


class BadStatus(Wrong):
    """The server answers a request with a status that no waiting changes.

    Parameters
    ----------
    where:
        The address of the request.
    code:
        The status.
    text:
        What the server says.

    """

    def __init__(self, where: str, code: int, text: str) -> None:
        super().__init__(f"{where} answered {code}: {text}")
        # vLLM and llama.cpp: a server that embeds has no chat, one that generates no vectors.
        self.unsupported = code in UNSUPPORTED and bool(_UNSUPPORTED.search(text))


def seconds_in(duration: object) -> float | None:
    """Return the seconds of a duration in nanoseconds; None if it is not a number."""
    return duration / NANOSECONDS if isinstance(duration, (int, float)) else None


def read(text: bytes | str) -> Any:
    """Return the value of a JSON document; raise Wrong for another text, or beyond the bounds."""
    try:
        return read_json(text, size=ANSWER_BYTES)
    except UnreadableJson as error:
        raise Wrong(f"the server answered with something other than JSON ({error})") from error


def parts(answer: Any, seconds: float) -> Iterator[bytes]:
    """Yield an open answer as it arrives.

    Raise Wrong beyond `ANSWER_BYTES`, ConnectionError if it ends early, and TimeoutError if it has
    not ended after these seconds: a server that sends a byte now and then would never exceed the
    limit of its socket.
    """
    end, size, whole = time.monotonic() + seconds, 0, answer.length
    while whole is None or size < whole:
        part = answer.read1(PART)
        if not part:
            if whole is not None:
                raise ConnectionError(f"its answer ended after {size} of {whole} bytes")
            return
        size += len(part)
        if size > ANSWER_BYTES:
            raise Wrong(f"the server answered with something larger than {ANSWER_BYTES} bytes")
        yield part
        if time.monotonic() > end:
            raise TimeoutError(f"its answer has not ended after {seconds:.0f} s")


def beginning(answer: Any, size: int, seconds: float) -> bytes:
    """Return the first bytes of an open answer, within the bounds of `parts`."""
    found = bytearray()
    for part in parts(answer, seconds):
        found += part
        if len(found) >= size:
            break
    return bytes(found[:size])


def lines(answer: Any, seconds: float) -> Iterator[bytes]:
    """Yield the lines of an open answer, within the bounds of `parts`."""
    rest: list[bytes] = []
    for part in parts(answer, seconds):
        *whole, last = part.split(b"\n")
        if whole:
            yield b"".join([*rest, whole[0]])
            yield from whole[1:]
            rest = []
        rest.append(last)
    yield b"".join(rest)


def events(answer: Any, seconds: float, *, streamed: bool) -> Iterator[dict[str, Any]]:
    """Yield the JSON values of an answer: one, or a line each, or as server-sent events.

    The bounds are those of `parts`.
    """
    if not streamed:
        yield read(b"".join(parts(answer, seconds)))
        return
    for raw in lines(answer, seconds):
        line = raw.decode(errors="replace").strip()
        line = line[5:].strip() if line.startswith("data:") else line
        if line.startswith("{"):
            yield read(line)
