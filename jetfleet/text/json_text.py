"""JSON for people and for files that are compared line by line."""

from __future__ import annotations

import json
import re
from typing import Any


def format_json(value: Any, *, sort_keys: bool = False) -> str:  # noqa: ANN401 - any JSON value
    """Return a JSON value as indented text, with printable non-ASCII characters as they are.

    Each other character is an escape, so that none of them acts on a terminal: JSON itself asks for
    that of few control characters only.
    """
    text = json.dumps(value, indent=2, sort_keys=sort_keys, ensure_ascii=False)
    return _LATER.sub(lambda found: found[0] if found[0].isprintable() else _escape(found[0]), text)


_LATER = re.compile("[\x7f-\U0010ffff]")
"""Characters after those that JSON escapes."""


def _escape(char: str) -> str:
    """Return a character as JSON escapes it: in two halves, if it is beyond the first plane."""
    return json.dumps(char)[1:-1] if ord(char) > 0x7F else f"\\u{ord(char):04x}"  # noqa: PLR2004
