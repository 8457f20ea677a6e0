"""What a hub adds to the spec: how a source is written, and which keys of a model go with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from jetfleet.spec.frozen import FrozenDict

if TYPE_CHECKING:
    from collections.abc import Mapping

WORD = r"[A-Za-z0-9][A-Za-z0-9._-]*"
"""Pattern of one part of a source."""

REPOSITORY = rf"(?P<name>{WORD}/{WORD})"
"""Pattern of an owner and a name."""

Layout = Literal["folder", "file", "store"]
"""A folder as its publisher laid it out, one file, or the blobs of an Ollama store."""


@dataclass(frozen=True)
class SourceForm:
    """The spec part of one hub.

    Parameters
    ----------
    hub:
        The word before the first colon of a source.
    written:
        The form of a source for people, such as ``hf:ORG/NAME[@REVISION]``.
    pattern:
        Regular expression of what follows the first colon; its named groups are the parts.
    layout:
        What a model of this hub is on a board.
    keys:
        Keys of a model that its sources accept, of `api_key`, `include`, `exclude` and `sha256`.
    needed:
        Keys that a model must have: what is expected there, and the remedy.
    key_variable:
        Environment variable in which the hub's own client has its key; empty without keys.
    needs_key:
        Whether most of its models can be read only with a key.
    caches:
        Folders on a board in which the hub's own client keeps files that are named by their
        sha256; with ``*`` for any name.
    endpoint_variable:
        Environment variable with which the hub's own client uses a mirror; empty if it has none.
    has_address:
        Whether the hub has one address, which `hubs` of a spec can replace.

    """

    hub: str
    written: str
    pattern: str
    layout: Layout
    keys: frozenset[str] = frozenset()
    needed: Mapping[str, tuple[str, str]] = field(default_factory=FrozenDict)
    key_variable: str = ""
    needs_key: bool = False
    endpoint_variable: str = ""
    has_address: bool = True
    caches: tuple[str, ...] = ()


CHOICE = frozenset({"include", "exclude"})
"""Keys of a model that choose some of its files."""
