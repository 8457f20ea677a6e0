"""A file of a model, as the lock has it."""

from __future__ import annotations

from dataclasses import dataclass

from jetfleet.resources.base import Attribute


@dataclass(frozen=True)
class ModelFile:
    """One file of a model as it is locked; ``path`` is relative and stays in the folder."""

    path: str
    size: int
    sha256: str

    @property
    def locked(self) -> Attribute:
        """The attribute of a model that has this file as it is locked."""
        text = f"{self.size} bytes, sha256 {self.sha256[:12]}"
        return Attribute(f"{self.size} {self.sha256}", text, reviewed=False)
