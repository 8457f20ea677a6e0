"""One thing that was looked at on a workstation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What was looked at, what was found, and what to do about it.

    Parameters
    ----------
    what:
        In a word or two: ``git``, ``secret HF_TOKEN``.
    found:
        A version, a path, or what is wrong; never the value of a secret.
    remedy:
        What to do; empty if nothing is missing.

    """

    what: str
    found: str
    remedy: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing is missing."""
        return not self.remedy
