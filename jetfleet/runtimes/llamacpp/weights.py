"""Which of a model's files llama.cpp loads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LATER_PART = re.compile(r"-0*([2-9]|[1-9][0-9]+)-of-[0-9]+\.gguf$")


def weights_of(paths: Iterable[str]) -> tuple[str, str]:
    """Return the GGUF file with the weights (of several parts the first), and the projector.

    Each is empty where the files have none, and the first of several in the order of their names.
    """
    found = sorted(path for path in paths if path.endswith(".gguf"))
    projectors = [path for path in found if path.rpartition("/")[2].startswith("mmproj")]
    weights = candidates(found)
    return next(iter(weights), ""), next(iter(projectors), "")


def candidates(paths: Iterable[str]) -> list[str]:
    """Return the GGUF files that could be the weights: without projectors and later parts."""
    return [
        path
        for path in sorted(paths)
        if path.endswith(".gguf")
        and not path.rpartition("/")[2].startswith("mmproj")
        and not _LATER_PART.search(path)
    ]
