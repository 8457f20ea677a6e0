"""The note that a run makes on a board before it changes anything there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import Applied, Filesystem, Image
from jetfleet.resources.base import ABSENT
from jetfleet.steps import Run, Steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.converge.session import Session
    from jetfleet.resources import Change

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
            new = frozenset(_new_data(session))
            script = resource.announcement(session.actual(mine), new, session.options.rollout)
            if script:
                yield Run(script, _TITLE, joined=True)
                session.changed([mine])


def _new_data(session: Session) -> Iterator[str]:
    """Yield the keys of images, by their digests, and of mounts that this run brings."""
    for key, resource in session.resources.items():
        if isinstance(resource, Image):
            changes = session.verdict(key).changes
            if any(change.attribute == "digest" for change in changes):
                yield f"{Image.kind}:{resource.reference}"
        elif isinstance(resource, Filesystem):
            changes = session.verdict(key).changes
            if any(_is_new_mount(change) for change in changes):
                yield key


def _is_new_mount(change: Change) -> bool:
    """Tell whether a change of a filesystem brings its first line in /etc/fstab."""
    new_line = change.attribute == "fstab" and change.have == ABSENT
    return change.attribute == "filesystem" or new_line
