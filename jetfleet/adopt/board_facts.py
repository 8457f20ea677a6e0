"""Facts of one part of a board: keys for the spec, and notes on what is not managed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class BoardFacts:
    """Keys for the host in the spec, and notes on what is not managed.

    Parameters
    ----------
    keys:
        Keys of the host in the spec.
    seen:
        Notes on what is not managed, each with what to write to have it managed.

    """

    keys: dict[str, Any] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
