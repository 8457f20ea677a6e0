"""The secrets of this process, and text without them."""

from __future__ import annotations

import re
from typing import Any

from jetfleet.redaction.forms import forms
from jetfleet.redaction.keys import HIDDEN, mask_keys

SHORTEST = 4
"""Characters of the shortest secret.

A shorter one cannot be replaced in text: it is a part of too many words.
"""

_FORMS: set[str] = set()
_PATTERN: list[re.Pattern[str]] = []


def hide(secret: str) -> None:
    """Have a secret replaced by `HIDDEN` from now on; it has at least `SHORTEST` characters."""
    new = {form for form in forms(secret) if len(form) >= SHORTEST} - _FORMS
    if new:
        _FORMS.update(new)
        longest_first = sorted(_FORMS, key=len, reverse=True)
        _PATTERN[:] = [re.compile("|".join(map(re.escape, longest_first)))]


def redact(text: str) -> str:
    """Return text with `HIDDEN` for each secret of this process, in any form, and for each key.

    Call it before text is cut: of a secret that was cut nothing is recognised.
    """
    for pattern in _PATTERN:
        text = pattern.sub(HIDDEN, text)
    return mask_keys(text)


def redact_json(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a JSON value with each text in it redacted; names of keys stay."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {name: redact_json(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact_json(one) for one in value]
    return value
