"""Values of a spec in messages: short, quoted, and never a secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from jetfleet.redaction import looks_like_key
from jetfleet.spec.secret import WRITTEN, names_a_secret

if TYPE_CHECKING:
    from jetfleet.spec.position import KeyPath

_LONGEST = 60


def format_value(value: object, path: KeyPath = ()) -> str:
    """Return `value` for a message; `path` is its path in the file, which may name a secret."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, (list, tuple)):
        return "a list" if value else "an empty list"
    if isinstance(value, str):
        named = next((step for step in reversed(path) if isinstance(step, str)), "")
        return WRITTEN if looks_like_key(value) or names_a_secret(named) else _quoted(value)
    return str(getattr(value, "text", None) or json.dumps(value))


def _quoted(text: str) -> str:
    short = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return json.dumps(short, ensure_ascii=False)
