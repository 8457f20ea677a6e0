"""Broken copies of a text, as boards, hubs and files can have them; the same in each run."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

CAMPAIGN = bool(os.environ.get("JETFLEET_CAMPAIGN"))
SEED = int(os.environ.get("JETFLEET_SEED", "10"))
"""Printed by the tests that fail: with it the same inputs come again."""

NONSENSE = (
    "", "null", "[]", "{}", '"x"', "7", "-1", "1e999", "NaN", "9" * 5000, "[" * 100_000,
    '{"a":' * 5000, r'"\ud800"', "\ud800", "\x00", "\x1b]0;title\x07", "\u202e", "\r", "\ufeff",
    "=", " ", "{", "}", "\t", "@jetfleet-begin x", "@jetfleet-end 0", "true", "../../etc",
    "x" * 300,     "\N{ARABIC-INDIC DIGIT THREE}", "\N{SUPERSCRIPT TWO}", "18446744073709551616",
)  # fmt: skip


def mutations(text: str, count: int, name: str = "") -> Iterator[str]:
    """Yield broken copies: parts replaced, doubled, left out, in another order."""
    chance = random.Random(f"{SEED} {name} {text}")  # noqa: S311 - the same inputs in each run
    for _ in range(count):
        broken = text
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            broken = chance.choice(_KINDS)(broken, chance)
        yield broken


def _replaced(text: str, chance: random.Random) -> str:
    start = chance.randint(0, len(text))
    end = min(len(text), start + chance.choice((0, 1, 4, 20)))
    return text[:start] + chance.choice(NONSENSE) + text[end:]


def _word(text: str, chance: random.Random) -> str:
    words = text.split(" ")
    words[chance.randrange(len(words))] = chance.choice(NONSENSE)
    return " ".join(words)


def _value(text: str, chance: random.Random) -> str:
    """Put nonsense in place of what stands behind a colon or an equals sign."""
    places = [at for at, char in enumerate(text) if char in ":="]
    if not places:
        return _replaced(text, chance)
    start = chance.choice(places) + 1
    ends = [at for at in (text.find(char, start) for char in ",}\n") if at >= 0]
    return text[:start] + chance.choice(NONSENSE) + text[min(ends, default=len(text)) :]


def _line(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    lines[at : at + 1] = chance.choice(
        ([], [lines[at]] * 2, [chance.choice(NONSENSE)], [lines[at][: len(lines[at]) // 2]])
    )
    if chance.random() < 0.1:
        chance.shuffle(lines)
    return "\n".join(lines)


_KINDS = (_replaced, _word, _value, _value, _line)
