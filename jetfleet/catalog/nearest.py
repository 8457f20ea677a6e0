"""The answer to a look-up that may have to settle for the nearest thing it knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Nearest(Generic[T]):
    """What a look-up found; `warning` says what was taken instead of what was asked for."""

    value: T
    warning: str | None = None
