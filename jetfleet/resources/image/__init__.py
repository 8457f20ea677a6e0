"""A container image in the board's engine, by its digest where the lock has it."""

from __future__ import annotations

from jetfleet.resources.image.image import ROOM, Image
from jetfleet.resources.image.state import ImageState

__all__ = ["ROOM", "Image", "ImageState"]
