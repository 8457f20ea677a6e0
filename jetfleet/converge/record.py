"""What a run found and did, as JSON lines in the folder that the environment names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.rows import append

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.resources import Change


def record(
    host: str,
    key: str,
    changes: Sequence[Change],
    outcome: str,
    reason: str = "",
    **more: Any,  # noqa: ANN401
) -> None:
    """Append a line for each change of a resource (or one, if it has none) to the host's file.

    Each line has at, host, resource, attribute, have, want, sentence, outcome (``planned``,
    ``changed``, ``refused`` or ``failed``) and reason, and what else is given.
    """
    about = {"resource": key, "outcome": outcome, "reason": reason, **more}
    rows = [
        {**about, "attribute": c.attribute, "have": c.have, "want": c.want, "sentence": c.sentence}
        | ({"waits_for": c.waits_for} if c.waits_for else {})
        | ({"diff": list(c.diff)} if c.diff else {})
        for c in changes
    ] or [about]
    append(host, rows)


def tell(host: str, outcome: str, **fields: Any) -> None:  # noqa: ANN401
    """Append one line that is about no single change, such as ``surveyed`` or ``progress``."""
    append(host, [{"outcome": outcome, **fields}])
