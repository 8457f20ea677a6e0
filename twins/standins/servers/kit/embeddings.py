"""OpenAI's embeddings: a vector that depends on the bytes of weights and text.

https://platform.openai.com/docs/api-reference/embeddings
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from .chat import bad

_NUMBERS = 32


def answer(model: str, weights: bytes, body: bytes) -> dict[str, Any]:
    """Return the answer to a request; raise `Refusal` for an invalid one."""
    try:
        given = json.loads(body)["input"]
    except (ValueError, KeyError, TypeError):
        raise bad("input: a text or a list of texts is required.") from None
    texts = given if isinstance(given, list) else [given]
    rows = [
        {"object": "embedding", "index": at, "embedding": _vector(weights, str(text))}
        for at, text in enumerate(texts)
    ]
    tokens = sum(len(str(text).split()) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": rows, "model": model, "usage": usage}


def _vector(weights: bytes, text: str) -> list[float]:
    found = hashlib.shake_128(weights + text.encode()).digest(_NUMBERS)
    return [byte / 255 - 0.5 for byte in found]
