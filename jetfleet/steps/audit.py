"""The audit log of a board: a line for each script that has changed it, in a chain of hashes.

The script that carries a change appends its line, under the board's lock, and says the hash of that
line with its answer. The functions are in ``jetfleet/board/audit.sh``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from jetfleet.redaction import redact
from jetfleet.steps.functions import functions
from jetfleet.steps.lease import HOLD, PROGRAM, SECONDS
from jetfleet.steps.shell import words
from jetfleet.text import printable

FILE = "/var/lib/jetfleet/audit.jsonl"
"""On the board; the file before it has ``.1`` at its end."""

LONGEST = 200
"""Characters of each text in a line."""


@dataclass(frozen=True)
class Entry:
    """What a line says of a script, besides its number, its time and its outcome.

    Parameters
    ----------
    at:
        When it was sent, in UTC by the workstation's clock.
    who:
        User and name of the workstation, as ``alice@laptop``.
    run:
        Name of the run folder.
    token:
        Of the lease.
    commit:
        Of the spec's repository.
    plan:
        SHA-256 of the plan that is carried out.
    did:
        Title of the script.
    rollout, attempt:
        Of a run that belongs to one; else empty and 0.
    over:
        Whose lease was taken over with it, and which.
    reason:
        Why, in a person's own words.

    """

    at: str
    who: str
    run: str
    token: int
    did: str
    commit: str = ""
    plan: str = ""
    rollout: str = ""
    attempt: int = 0
    over: str = ""
    reason: str = ""

    @property
    def members(self) -> str:
        """The members of its JSON object, in ASCII; those without a value are left out."""
        found = {name: value for name, value in vars(self).items() if value}
        return json.dumps({name: _bounded(value) for name, value in found.items()})[1:-1]


def before() -> str:
    """Return the functions for `jetfleet.steps.lease.begin` and for `after`."""
    return functions((PROGRAM, "audit.sh"), HOLD, "audit_after")


def after(lease_id: str, entry: Entry) -> str:
    """Return what follows a script: it appends a line if the script had the lease of this run.

    A lease that has ended while the script ran is renewed: nothing else could change the board.
    """
    first = words(["audit_after", lease_id, str(entry.token), str(SECONDS)])
    return f'{first} "$lock_status" {words([entry.members])}\nlock_said=$audit_said\n'


def _bounded(value: Any) -> Any:  # noqa: ANN401 - a text or a number
    return printable(redact(value))[:LONGEST] if isinstance(value, str) else value
