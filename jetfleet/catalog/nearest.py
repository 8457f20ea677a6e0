"""Results of searches in the catalog that may be a near match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Nearest(Generic[T]):
    """A row of the catalog; `warning` says that it is for a near match."""

    value: T
    warning: str | None = None
