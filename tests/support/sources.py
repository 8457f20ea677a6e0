"""Syntax trees of our own source files, each parsed once a process."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file; it is shared, so do not change it."""
    return ast.parse(path.read_text(encoding="utf-8"))
