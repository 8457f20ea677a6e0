"""The blobs of an image, which come to a board like the files of a model."""

from __future__ import annotations

from dataclasses import dataclass, fields

from jetfleet.resources.model.model import Model


@dataclass(frozen=True)
class ImageFiles(Model):
    """The files of an image, each named by its SHA-256; `image` is its name in messages."""

    image: str = ""

    @property
    def kept(self) -> Model:
        """The model that a seed has of it: the files stay there, and others fetch them."""
        names = (one.name for one in fields(Model))
        return Model(**{name: getattr(self, name) for name in names})

    @property
    def called(self) -> str:
        return f"image {self.image}"

    @property
    def title(self) -> str:
        return f"Bring {self.called} to the board"
