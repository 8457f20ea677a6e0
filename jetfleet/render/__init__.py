"""Render everything that would be on every board, without a host, key or network."""

from __future__ import annotations

from jetfleet.render.board import Rendered, rendered
from jetfleet.render.review import Review, review
from jetfleet.render.write import tree, write

__all__ = ["Rendered", "Review", "rendered", "review", "tree", "write"]
