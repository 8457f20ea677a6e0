"""Rendering: all that would land on every board, as files and values; no host, key or network."""

from __future__ import annotations

from jetfleet.render.board import Rendered, rendered
from jetfleet.render.deploy import find_deploy, roles_of
from jetfleet.render.review import review
from jetfleet.render.write import tree, write

__all__ = ["Rendered", "find_deploy", "rendered", "review", "roles_of", "tree", "write"]
