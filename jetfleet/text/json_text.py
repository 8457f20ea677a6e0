"""JSON for people and for files that are compared line by line."""

from __future__ import annotations

import json
from typing import Any


def format_json(value: Any, *, sort_keys: bool = False) -> str:  # noqa: ANN401 - any JSON value
    """Return a JSON value as indented text, with non-ASCII characters as they are."""
    return json.dumps(value, indent=2, sort_keys=sort_keys, ensure_ascii=False)
