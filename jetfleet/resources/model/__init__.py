"""A model's files on a board: each with its locked hash, and the marker that names them."""

from __future__ import annotations

from jetfleet.resources.model.file import ModelFile
from jetfleet.resources.model.image_files import ImageFiles
from jetfleet.resources.model.model import Model
from jetfleet.resources.model.state import FileOnBoard, ModelState

__all__ = ["FileOnBoard", "ImageFiles", "Model", "ModelFile", "ModelState"]
