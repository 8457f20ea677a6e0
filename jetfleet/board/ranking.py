"""What a model that only ranks or transcribes is asked.

https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html (re-rank, transcriptions) and
https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md have the requests.
"""

from __future__ import annotations

import math
import struct
import time
from typing import TYPE_CHECKING, Any

from jetfleet.board.reply import ANSWER_BYTES, Wrong, beginning, read

if TYPE_CHECKING:
    from jetfleet.board.server import Server

_QUERY = "What is the capital of France?"
_DOCUMENTS = ["Paris is the capital of France.", "A truck slows near the crossing."]
_SECONDS = 600
"""Longest that one may take, as a generation."""
_BORDER = "jetfleet-part"
_RATE = 16000
"""Samples a second of the sound, as speech models take it."""


def ranked(server: Server, model: str) -> dict[str, Any]:
    """Return how a model ranks two documents; raise Wrong if it finds no difference.

    That the wrong one is first is a doubt.
    """
    begun = time.monotonic()
    asked = {"model": model, "query": _QUERY, "documents": _DOCUMENTS}
    rows = server.post("/v1/rerank", asked)["results"]
    scores = {row["index"]: row["relevance_score"] for row in rows}
    right, other = float(scores[0]), float(scores[1])
    if right == other:
        raise Wrong(f"{model} scores two documents alike")
    doubts = [] if right > other else ["it ranks the wrong document first"]
    return _answer(model, begun, "a rank of 2 documents", doubts)


def transcribed(server: Server, model: str) -> dict[str, Any]:
    """Return that a model transcribes a second of sound; any text will do, for it has no words."""
    begun = time.monotonic()
    more = {"Content-Type": f"multipart/form-data; boundary={_BORDER}"}
    with server.opened("/v1/audio/transcriptions", _form(model), (), _SECONDS, more) as answer:
        made = read(beginning(answer, ANSWER_BYTES, _SECONDS))
    if not isinstance(made["text"], str):
        raise Wrong(f"{model} transcribes a sound as something other than text")
    return _answer(model, begun, "a transcription of 1 s", [])


def _answer(model: str, begun: float, output: str, doubts: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"model": model, "text": "", "tokens": 0, "doubts": doubts}
    return {**found, "seconds": time.monotonic() - begun, "outputs": [output]}


def _form(model: str) -> bytes:
    head = f'--{_BORDER}\r\nContent-Disposition: form-data; name="'
    parts = [
        f'{head}model"\r\n\r\n{model}\r\n{head}file"; filename="a.wav"\r\n'.encode(),
        b"Content-Type: audio/wav\r\n\r\n",
        _tone(),
        f"\r\n--{_BORDER}--\r\n".encode(),
    ]
    return b"".join(parts)


def _tone() -> bytes:
    """Return one second of a tone as WAV: 16 bits, one channel."""
    samples = [int(8000 * math.sin(2 * math.pi * 440 * at / _RATE)) for at in range(_RATE)]
    data = struct.pack(f"<{_RATE}h", *samples)
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, _RATE, 2 * _RATE, 2, 16)
    size = struct.pack("<4sI", b"data", len(data))
    whole = struct.pack("<4sI4s", b"RIFF", 4 + len(form) + len(size) + len(data), b"WAVE")
    return whole + form + size + data
