"""The states of a host: one word each, in code, command line, JSON, pages and documents."""

from __future__ import annotations

from typing import Literal

State = Literal[
    "in-sync", "changes", "changed", "failed", "refused", "unreachable", "skipped", "interrupted"
]
"""How a host stands in a run.

``in-sync``
    Nothing to change.
``changes``
    It differs from the spec; nothing was changed yet.
``changed``
    It differed, was changed, and is in sync now.
``failed``
    A change failed, or a service does not answer after it.
``refused``
    A precondition turned it away, untouched.
``unreachable``
    No connection, or no answer in its time; untouched.
``skipped``
    The run ended before it reached or compared the host; untouched.
``interrupted``
    The run ended while it changed the host.
"""

Outcome = Literal["in-sync", "changes", "changed", "failed", "refused", "unknown"]
"""How one resource of a host stands; ``unknown``: it was not compared."""
