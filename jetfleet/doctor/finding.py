"""One check of a workstation and its result."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What was checked, what was found, and what to do.

    Parameters
    ----------
    what:
        The check in a word or two: ``git``, ``secret HF_TOKEN``.
    found:
        A version, a path, or what is wrong; never the value of a secret.
    remedy:
        What to do; empty if all is well.

    """

    what: str
    found: str
    remedy: str = ""

    @property
    def ok(self) -> bool:
        """Whether the check passed."""
        return not self.remedy
