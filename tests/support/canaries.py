"""Made-up secrets, in the forms in which a search must find them."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote


def forms(value: str) -> list[str]:
    """A value as it is, and the middle of its base64 at each of the three alignments."""
    found = [value]
    for shift in range(3):
        encoded = base64.b64encode(b"x" * shift + value.encode()).decode()
        found.append(encoded[4 : len(encoded) - 4])
    return found


def shown(value: str) -> list[str]:
    """A value in each form that a program could print it in."""
    return [
        *forms(value),
        json.dumps(value)[1:-1],
        repr(value)[1:-1],
        quote(value, safe=""),
        shlex.quote(value),
        value.encode().hex(),
    ]


def leaks(values: Iterable[str], texts: dict[str, str]) -> list[str]:
    """Where one of the values is shown, in any form."""
    wanted = [form for value in values for form in shown(value)]
    return [where for where, text in texts.items() if any(form in text for form in wanted)]


def files_below(*folders: Path) -> dict[str, str]:
    """The text of every file below some folders, by path."""
    return {
        str(path): path.read_text(encoding="utf-8", errors="replace")
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    }
