"""Read the data files of the catalog."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = Path(__file__).parent / "data"


@cache
def read_data(name: str) -> dict[str, Any]:
    """Return the data file `name` (such as "releases.json"), read once in a process."""
    content: dict[str, Any] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return content


def sources(keys: list[str], more: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the links, or descriptions, for the short names of sources in a data file.

    A link may also be written out. `more` has short names besides those of the catalog: a
    runtime's data file can bring its own.
    """
    links = {**read_data("sources.json"), **(more or {})}
    return tuple(key if "://" in key else links[key] for key in keys)
