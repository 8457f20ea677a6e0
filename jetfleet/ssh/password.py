"""A password that a user of a board has, and where it was read."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Password:
    """A password, and where it is from, in words; no representation shows it."""

    value: str = field(repr=False)
    source: str
