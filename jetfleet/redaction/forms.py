"""The forms in which programs print a text: escaped, quoted and encoded."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator


def forms(text: str) -> Iterator[str]:
    """Yield a text as it is, and in each form that programs commonly print it in.

    JSON, Python's ``repr``, shell quotes, URLs, HTML, hexadecimal digits, and base64 at each
    place that it can have in longer data.
    """
    yield text
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield repr(text)[1:-1]
    yield text.replace("'", "\\'")
    yield shlex.quote(text).removeprefix("'").removesuffix("'")
    yield text.replace("'", "'\\''")
    for escaped in (quote(text, safe=""), quote(text), quote_plus(text)):
        yield escaped
        yield re.sub("%..", lambda found: found[0].lower(), escaped)
    yield html.escape(text)
    yield text.encode().hex()
    yield text.encode().hex().upper()
    yield from _base64(text.encode())


def _base64(data: bytes) -> Iterator[str]:
    """Yield the characters that are the same whatever stands before and after the data."""
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * before + data).decode()
            yield encoded[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
