"""Answers: the words come from the bytes of the weights and the prompt, so that both were read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

_SENTENCE = (
    "the board sees a road with two lanes and one red truck that slows near the crossing while "
    "people wait for light to turn green because rain made its surface wet so next safe action "
    "is stop then look both ways before moving on again"
)
WORDS = tuple(_SENTENCE.split())
_SHORTEST, _SPREAD = 16, 32


class Refusal(Exception):
    """A request that vLLM answers with an error: HTTP status, its error type, its sentence."""

    def __init__(self, status: int, kind: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {
            "error": {"message": message, "type": kind, "param": param, "code": status}
        }


@dataclass(frozen=True)
class Completion:
    """One generation: its text and what it cost in tokens."""

    text: str
    finish: str
    prompt_tokens: int
    tokens: int

    @property
    def usage(self) -> dict[str, int]:
        """The `usage` of an answer."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "total_tokens": self.prompt_tokens + self.tokens,
            "completion_tokens": self.tokens,
        }


def generate(weights: bytes, prompt: str, limit: int | None, context: int) -> Completion:
    """Generate at most `limit` tokens (one word each) for the prompt.

    The same weights and prompt give the same words; one changed byte in either gives others.
    Raises `Refusal` where prompt and answer do not fit in the context.
    """
    asked = count_tokens(prompt)
    room = context - asked
    if room < 1 or (limit is not None and limit > room):
        raise Refusal(
            400,
            "BadRequestError",
            f"'max_tokens' or 'max_completion_tokens' is too large: {limit}. This model's maximum "
            f"context length is {context} tokens and your request has {asked} input tokens "
            f"({limit} > {context} - {asked}).",
            "max_tokens",
        )
    if limit is not None and limit < 1:
        raise Refusal(400, "BadRequestError", f"max_tokens must be at least 1, got {limit}.")
    seed = hashlib.sha256(weights + prompt.encode()).digest()
    natural = _SHORTEST + seed[0] % _SPREAD
    tokens = min(natural, room if limit is None else limit)
    stream = hashlib.shake_128(seed).digest(tokens)
    text = " ".join(WORDS[byte % len(WORDS)] for byte in stream)
    return Completion(text, "stop" if tokens == natural else "length", asked, tokens)


def count_tokens(prompt: str) -> int:
    """Count the prompt's tokens: its words, and four of the chat template."""
    return len(prompt.split()) + 4


def chat_prompt(messages: object) -> str:
    """Flatten chat messages, pictures included, to one prompt; `Refusal` when there are none."""
    if not isinstance(messages, list) or not messages:
        raise Refusal(400, "BadRequestError", "messages: at least one message is required.")
    return "\n".join(f"{m.get('role')}: {_content(m.get('content'))}" for m in messages)


def _content(content: object) -> str:
    return content if isinstance(content, str) else json.dumps(content, sort_keys=True)
