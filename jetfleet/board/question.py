"""The easy question that a model is asked, and what is wrong with an answer to it.

All but the smallest models count. What rubbish looks like is taken from reports of broken kernels
and weights: one token repeated (https://github.com/vllm-project/vllm/issues/13035), or letters of
many scripts at random.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Iterator

RUBBISH = "its answer is rubbish"
"""How a doubt about such an answer begins."""
PROMPT, TOKENS = "Count from 1 to 10 in digits, separated by commas.", 32
# 64 x 64 pixels of one red: smaller ones are refused by the processors of some models.
PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAT0lEQVR42u3PQQkAAAgEsIty/dMYyQi+hcEKLNO+FgEBAQ"
    "EBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQGBywI6LQEAwyG+sAAAAABJRU5ErkJggg=="
)

_COUNTED = re.compile(r"4\W{1,6}5\W{1,6}6|four\W{1,6}five\W{1,6}six", re.IGNORECASE)
_CUT = 2
"""Characters without a meaning that the end of a cut answer can have."""
_THINKS = re.compile(
    r"[<\u25c1]\W{0,2}(think|thought|thinking|reasoning|begin_of_thought)|\[THINK\]|<\|channel\|>"
    r"|\A\s*(okay|ok|alright|hmm|the user)\b",
    re.IGNORECASE,
)
"""How models begin to think where no parser takes it out of the answer. Chat templates of some
(DeepSeek-R1) write the mark themselves, and only the thought is left."""
_LONG = 16
"""Characters from which an answer is long enough to be judged."""
_PERIOD = 6
"""Most characters of what is repeated."""
_SCRIPTS = 3
"""Scripts that no answer to a question in English has together."""
_TOGETHER = {"HIRAGANA": "CJK", "KATAKANA": "CJK", "HANGUL": "CJK", "BOPOMOFO": "CJK"}
_ALPHABETS = {
    "ARABIC", "ARMENIAN", "BENGALI", "CJK", "CYRILLIC", "DEVANAGARI", "ETHIOPIC", "GEORGIAN",
    "GUJARATI", "HEBREW", "KANNADA", "KHMER", "LAO", "LATIN", "MALAYALAM", "MYANMAR", "SINHALA",
    "TAMIL", "TELUGU", "THAI", "TIBETAN",
}  # fmt: skip


def rubbish(text: str) -> str:
    """Return what shows that no working model wrote a text; empty if nothing does."""
    plain = text.strip()
    return next(_signs(plain), "") if plain else "only blanks"


def _signs(text: str) -> Iterator[str]:
    if text.count("\ufffd") > _CUT:
        yield "characters that cannot be decoded"
    if any(unicodedata.category(one) == "Cc" for one in text if one not in "\n\r\t"):
        yield "control characters"
    if len(text) < _LONG:
        return
    if not any(one.isalnum() for one in text):
        yield "no letter and no digit"
    if any((text[:size] * len(text))[: len(text)] == text for size in range(1, _PERIOD + 1)):
        yield "one text that repeats"
    words = text.split()
    if len(words) > _PERIOD and len(set(words)) == 1:
        yield "one word that repeats"
    mixed = scripts(text)
    if len(mixed) >= _SCRIPTS:
        yield "letters of " + ", ".join(sorted(mixed))


def scripts(text: str) -> set[str]:
    """Return the scripts of the letters in a text, those that go together as one."""
    names = (unicodedata.name(one, "").split(" ")[0] for one in text if one.isalpha())
    return {_TOGETHER.get(name, name) for name in names} & _ALPHABETS


def miscounted(text: str) -> bool:
    """Tell whether an answer to the question does not count; one that thinks is not judged."""
    return not _THINKS.search(text) and not _COUNTED.search(text)
