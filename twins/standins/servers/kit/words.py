"""Answers: the words depend on the bytes of weights and prompt, so both must be read.

One question has the answer that a real model gives: to count from one number to another.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_SENTENCE = (
    "the board sees a road with two lanes and one red truck that slows near the crossing while "
    "people wait for light to turn green because rain made its surface wet so next safe action "
    "is stop then look both ways before moving on again"
)
WORDS = tuple(_SENTENCE.split())
_SHORTEST, _SPREAD = 16, 32
_COUNT = re.compile(r"Count from (\d{1,4}) to (\d{1,4})")


@dataclass(frozen=True)
class Completion:
    """One generation: its words, why it ended, and what it cost in tokens."""

    words: tuple[str, ...]
    finish: str
    prompt_tokens: int

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(self.words)

    @property
    def tokens(self) -> int:
        """The tokens made: one a word."""
        return len(self.words)

    @property
    def pieces(self) -> list[str]:
        """The text as it streams, a token a piece."""
        return [word if place == 0 else f" {word}" for place, word in enumerate(self.words)]

    @property
    def usage(self) -> dict[str, int]:
        """The `usage` of an answer."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "total_tokens": self.prompt_tokens + self.tokens,
            "completion_tokens": self.tokens,
        }


def generate(  # noqa: PLR0913 - a request and its server
    weights: bytes,
    prompt: str,
    prompt_tokens: int,
    most: int,
    *,
    to_the_end: bool = False,
    rubbish: bool = False,
) -> Completion:
    """Generate at most `most` tokens for the prompt; `to_the_end` makes it all of them.

    With `rubbish` it writes what broken kernels do: one token again and again.

    The same weights and prompt give the same words; one changed byte in either gives others. A
    prompt that asks to count gets the numbers.
    """
    if rubbish:
        return Completion(("!",) * min(most, _SHORTEST + _SPREAD), "length", prompt_tokens)
    counts = _COUNT.search(prompt)
    if counts and not to_the_end:
        first, last = (int(number) for number in counts.groups())
        numbers = (*(f"{number}," for number in range(first, last)), str(last))
        finish = "stop" if len(numbers) <= most else "length"
        return Completion(numbers[: max(most, 0)], finish, prompt_tokens)
    seed = hashlib.sha256(weights + prompt.encode()).digest()
    natural = most if to_the_end else _SHORTEST + seed[0] % _SPREAD
    tokens = min(natural, most)
    stream = hashlib.shake_128(seed).digest(max(tokens, 0))
    words = tuple(WORDS[byte % len(WORDS)] for byte in stream)
    return Completion(
        words, "stop" if tokens == natural and not to_the_end else "length", prompt_tokens
    )
