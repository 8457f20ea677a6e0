"""What a host can end as, and what that counts for: the truth table of a rollout.

docs/guide/rollout.md shows the same table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal[
    "changed", "same", "changed-before", "not-verified", "failed", "lost", "unreachable",
    "site-unreachable", "refused", "busy", "not-fetched", "not-attempted", "untouched", "unknown",
]  # fmt: skip
"""How a host stands in a rollout.

``changed``
    Applied, verified, and a second survey found nothing to change.
``same``
    There was nothing to change, and this rollout has never been on the board.
``changed-before``
    There was nothing to change, and the board's record names this rollout.
``not-verified``
    Applied, but a service does not answer.
``failed``
    An operation failed, or it was begun and did not end.
``lost``
    Silent after the first operation had begun.
``unreachable``
    No connection before any operation.
``site-unreachable``
    No sign of its site's worker.
``refused``
    A precondition turned it away, untouched.
``busy``
    Another run had its lease until the rollout waited no longer.
``not-fetched``
    Image or model did not arrive; nothing was activated.
``not-attempted``
    The time of its wave was over before it was begun.
``untouched``
    It was sent, and a survey found nothing of this rollout on it.
``unknown``
    Nobody can say; a survey is to find out.
"""


@dataclass(frozen=True)
class Meaning:
    """What an outcome counts for.

    Parameters
    ----------
    failed:
        Whether it counts against the failure budget.
    evidence:
        Whether it says something of the change.
    undo:
        Whether the host is taken back with its wave.
    quarantined:
        Whether a catch-up tries the host again.
    surveyed:
        Whether a survey has to say what is on the board before it is taken back.

    """

    failed: bool = False
    evidence: bool = False
    undo: bool = False
    quarantined: bool = False
    surveyed: bool = False


MEANING: dict[str, Meaning] = {
    "changed": Meaning(evidence=True, undo=True),
    "same": Meaning(),
    "changed-before": Meaning(evidence=True, undo=True),
    "not-verified": Meaning(failed=True, evidence=True, undo=True),
    "failed": Meaning(failed=True, evidence=True, undo=True),
    "lost": Meaning(failed=True, evidence=True, undo=True, surveyed=True),
    "unreachable": Meaning(quarantined=True),
    "site-unreachable": Meaning(quarantined=True),
    "refused": Meaning(),
    "busy": Meaning(quarantined=True),
    "not-fetched": Meaning(quarantined=True),
    "not-attempted": Meaning(quarantined=True),
    "untouched": Meaning(quarantined=True),
    "unknown": Meaning(surveyed=True),
}

GOOD = frozenset({"changed", "same", "changed-before"})
"""Outcomes of hosts that have what the rollout brings."""
