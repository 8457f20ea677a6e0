"""Suggestions for mistyped names."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the remedy for a mistyped name: the nearest known name, if one is near."""
    known = list(known)
    begun = [one for one in known if len(name) > 1 and one.lower().startswith(name.lower())]
    near = begun or get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else "correct it or remove it"
