"""The reading of what changes have done: it comes back with their last script."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Reading:
    """A script that reads, for the same round trip as the script before it.

    Parameters
    ----------
    seconds:
        Its limit.
    keys:
        Those of the resources that it reads.
    output:
        What it has printed; None until then, and where it has not come back.

    """

    script: str = ""
    seconds: int = 0
    keys: tuple[str, ...] = ()
    output: str | None = None
