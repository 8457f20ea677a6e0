"""What one service takes of a board's memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from jetfleet.catalog.architecture import Architecture
from jetfleet.catalog.data_file import read_data
from jetfleet.text import format_bytes


@dataclass(frozen=True)
class Weights:
    """A model's weights in bytes and how it is built; None: not known."""

    name: str
    bytes: int | None
    architecture: Architecture = field(default_factory=Architecture)


@dataclass(frozen=True)
class Need:
    """What a service takes, in bytes.

    Parameters
    ----------
    weights, cache:
        Of its model, where known; of several that it serves in turn, the largest.
    overhead:
        Compute buffers and the program itself.
    total:
        What it will take of the board.
    least:
        What it needs it: a board or a share that has less is refused.
    share:
        What it allows itself, for an engine that takes its share at start.
    longest:
        The longest context that fits, in tokens; None if not known.
    option:
        What to write to have it, such as ``flags: {max-model-len: 8192}``.
    sure:
        Whether nothing of it is unknown.
    parts:
        The entries of a repository, each with its own share.

    """

    name: str
    weights: int | None
    cache: int | None
    overhead: int
    total: int
    least: int
    share: int | None = None
    longest: int | None = None
    option: str = ""
    sure: bool = True
    parts: tuple[Need, ...] = ()

    @property
    def floor(self) -> int:
        """What the board must have for it: the share that it takes at its start, or `least`."""
        of_parts = sum(part.floor for part in self.parts)
        return self.share if self.share is not None else max(self.least, of_parts)

    @property
    def sentence(self) -> str:
        """Return the estimate in words."""
        known = (("weights", self.weights), ("KV cache", self.cache))
        inside = [f"{what} {format_bytes(size)}" for what, size in known if size]
        beside = format_bytes(self.overhead)
        if self.share is not None:
            of_which = f" ({', '.join(inside)})" if inside else ""
            parts = f"its share {format_bytes(self.share)}{of_which} and {beside} beside"
        else:
            parts = ", ".join([*inside, f"overhead {beside}"])
        return f"{self.name}: {format_bytes(self.total)}: {parts}" + (
            "" if self.sure else ", or more"
        )


def system(kind: str = "typical") -> int:
    """Return what a board uses before any service: ``typical``, or the ``least`` seen."""
    return int(read_data("memory.json")["system"][kind])
