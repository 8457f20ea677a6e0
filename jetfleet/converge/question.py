"""A question to a board about the cause of a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Question(NamedTuple):
    """A script that only reads, and what its output means.

    Parameters
    ----------
    seconds:
        Limit of the script.
    read:
        Returns the sentence for the user from what was printed, which is empty if the board has
        nothing to say; an empty sentence if nothing is wrong.

    """

    script: str
    seconds: int
    read: Callable[[str], str]
