"""Folders that the clients of hubs have written, and the models that they come from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.hubs.folders import folders, has, module_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BELOW_OWNER = re.compile(r"/(?P<org>[^/]+)/(?P<name>[^/]+)$")
"""A folder that was downloaded to ``OWNER/NAME``."""


@dataclass(frozen=True)
class Download:
    """A folder with model files on a board.

    Parameters
    ----------
    files:
        Paths of its files, relative to it.
    notes:
        First lines of the notes that a client left in it, by the file's name.

    """

    path: str
    files: frozenset[str]
    notes: Mapping[str, str]


@dataclass(frozen=True)
class Origin:
    """A source as in a spec, and its revision as in a lock."""

    source: str
    revision: str


@dataclass(frozen=True)
class Downloads:
    """How the folders that a hub's own client writes are recognised.

    Parameters
    ----------
    origin_of:
        Returns where a folder comes from; None if the client did not write it.
    notes:
        Files that the client leaves in a folder, relative to it.

    """

    origin_of: Callable[[Download], Origin | None]
    notes: tuple[str, ...] = ()


def downloads() -> tuple[Downloads, ...]:
    """Return those of all hubs: `DOWNLOADS` in `download.py` of the folders that have one."""
    return tuple(
        module_of(folder, "download").DOWNLOADS for folder in folders() if has(folder, "download")
    )
