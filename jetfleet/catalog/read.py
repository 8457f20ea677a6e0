"""Read the data files of the catalog."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"


@cache
def read(name: str) -> dict[str, Any]:
    """Return the data file `name` (such as "releases.json"), read once in a process."""
    content: dict[str, Any] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return content


def sources(keys: list[str]) -> tuple[str, ...]:
    """Return the links, or descriptions, for the short names of sources in a data file.

    A link may also be written out.
    """
    links = read("sources.json")
    return tuple(key if "://" in key else links[key] for key in keys)
