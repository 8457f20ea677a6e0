"""The secrets of this process, and text without them."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from jetfleet.redaction.forms import forms
from jetfleet.redaction.keys import HIDDEN, holds_key, mask_keys

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
    return _ENCODED.sub(_without_key, mask_keys(text))


_ENCODED = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
"""Base64 of a file, as a survey prints it."""


def _without_key(found: re.Match[str]) -> str:
    try:
        data = base64.b64decode(found[0], validate=True)
    except binascii.Error:
        return found[0]
    return HIDDEN if holds_key(data) else found[0]


def redact_json(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a JSON value with each text in it redacted; names of keys stay."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {name: redact_json(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact_json(one) for one in value]
    return value
