"""The note that a run makes on a board before it changes anything there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import Applied, Image
from jetfleet.steps import Run, Steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.converge.session import Session

_TITLE = "Note what this run puts on the board"


def announcement(session: Session, key: str) -> Steps:
    """Record on the board, once in a run, what the run is going to put there.

    Only then can another run remove what this one has left, if it dies before its own record.

    Parameters
    ----------
    key:
        The resource that is changed now; the record itself needs no note before it.

    """
    if session.announced:
        return
    session.announced = True
    for mine, resource in session.resources.items():
        if isinstance(resource, Applied) and mine != key:
            script = resource.announcement(session.actual(mine), frozenset(_pulls(session)))
            if script:
                yield Run(script, _TITLE)
                session.changed(mine)


def _pulls(session: Session) -> Iterator[str]:
    """Yield the keys, by their digests, of images that this run pulls."""
    for key, resource in session.resources.items():
        if isinstance(resource, Image):
            changes = session.verdict(key).changes
            if any(change.attribute == "digest" for change in changes):
                yield f"{Image.kind}:{resource.reference}"
