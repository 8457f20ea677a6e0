"""The normal form of a path."""

from __future__ import annotations

import posixpath


def plain_path(path: str) -> str:
    """Return a path in the one form in which paths are compared: ``/ssd/`` gives ``/ssd``."""
    plain = posixpath.normpath(path)
    return f"/{plain.lstrip('/')}" if plain.startswith("/") else plain
